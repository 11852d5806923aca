/* Text and sorting: line tables, piece tables, widened text, stdio's buffers, buffers of sorts. */
#include <stdio.h>
#include <string.h>

#include "decoy.h"
#include "sizes.h"

static void write_text(char *at, size_t bytes)
{
    static const char letters[] = "etaoin shrdlu\ncmfwyp vbgkqjxz 0123456789\t";
    for (size_t i = 0; i < bytes; i++)
        at[i] = letters[decoy_random() % (sizeof letters - 1)];
}

/* --- the lines of an editor: pointers, inserted all over, with a gap at the cursor --- */

static void lines_with_gap(void)
{
    for (size_t final = 1 << 13; final <= (size_t)1 << 19; final *= 8) {
        size_t places = 64, count = 0, gap = 0;
        char **lines = must(calloc(places, sizeof *lines));
        while (places < final || count < places * 3 / 4) {
            if (count == places) {
                char **next = must(calloc(places * 2, sizeof *next));
                memcpy(next, lines, gap * sizeof *next);
                memcpy(next + gap + places, lines + gap, (count - gap) * sizeof *next);
                free(lines);
                lines = next;
                places *= 2;
            }
            if (decoy_random() % 256 == 0) { /* the cursor goes elsewhere */
                size_t to = decoy_random() % (count + 1), space = places - count;
                if (to < gap)
                    memmove(lines + to + space, lines + to, (gap - to) * sizeof *lines);
                else
                    memmove(lines + gap, lines + gap + space, (to - gap) * sizeof *lines);
                gap = to;
                memset(lines + gap, 0, space * sizeof *lines);
            }
            lines[gap++] = decoy_object();
            count++;
        }
        decoy_look("lines with a gap", lines);
        memset(lines + 50, 0, (places - 50) * sizeof *lines);
        decoy_look("lines with a gap, deleted", lines);
        free(lines);
    }
}

/* --- text that is widened from bytes to 2 and 4 bytes a letter when a strange letter comes --- */

static void widened_text(void)
{
    for (size_t letters = 64 << 10; letters <= (size_t)4 << 20; letters *= 8) {
        char *narrow = must(malloc(letters));
        write_text(narrow, letters);
        uint16_t *wide = must(malloc(letters * sizeof *wide));
        for (size_t i = 0; i < letters; i++)
            wide[i] = (uint16_t)(unsigned char)narrow[i];
        free(narrow);
        uint32_t *wider = must(calloc(letters * 2, sizeof *wider));
        for (size_t i = 0; i < letters; i++)
            wider[i] = wide[i];
        free(wide);
        decoy_look("widened text", wider);
        memset(wider + 100, 0, (letters * 2 - 100) * sizeof *wider);
        decoy_look("widened text, cut", wider);
        free(wider);
    }
}

/* --- stdio: a growing getdelim() buffer, a memory stream, large buffers of files --- */

static void stdio_buffers(void)
{
    char *memory = NULL;
    size_t memory_bytes = 0;
    FILE *stream = open_memstream(&memory, &memory_bytes);
    FILE *file = tmpfile();
    char *file_buffer = must(malloc(1 << 20));
    if (stream == NULL || file == NULL || setvbuf(file, file_buffer, _IOFBF, 1 << 20) != 0)
        abort();
    char text[1000];
    for (size_t length = 1000; length <= (size_t)4 << 20; length *= 2) {
        for (size_t written = 0; written < length; written += sizeof text) {
            write_text(text, sizeof text);
            fwrite(text, 1, sizeof text, stream);
            fwrite(text, 1, sizeof text, file);
        }
        fputc('\0', file);
    }
    fflush(stream);
    decoy_look("memory stream", memory);
    rewind(file);
    char *record = NULL;
    size_t record_bytes = 0;
    while (getdelim(&record, &record_bytes, '\0', file) > 0)
        ;
    decoy_look("buffer of getdelim()", record);
    decoy_look("buffer of a file", file_buffer);
    memset(record, 0, record_bytes);
    strcpy(record, "short");
    decoy_look("buffer of getdelim(), a short line", record);
    fclose(stream);
    fclose(file);
    free(memory);
    free(record);
    free(file_buffer);
}

/* --- a radix sort: everything is scattered from one buffer into the other, larger each batch ---
 */

static void build_radix_sort(struct sizes sizes)
{
    size_t bytes = sizes.element < 4 ? 4 : sizes.element, count = 256;
    char *from = NULL;
    while (count * bytes <= sizes.total) {
        char *to = must(calloc(count, bytes)), *batch = must(calloc(count, bytes));
        for (size_t i = 0; i < count; i++) {
            if (decoy_random() % 3 == 0)
                continue; /* a record without a key is all zero */
            write_element(batch + i * bytes, bytes, decoy_random());
        }
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[(unsigned char)batch[i * bytes + 1] + 1u]++;
        for (size_t digit = 1; digit < 257; digit++)
            starts[digit] += starts[digit - 1];
        for (size_t i = 0; i < count; i++) {
            size_t at = starts[(unsigned char)batch[i * bytes + 1]]++;
            memcpy(to + at * bytes, batch + i * bytes, bytes);
        }
        free(from);
        free(batch);
        from = to;
        count *= 2;
    }
    look_at_size("radix sort", sizes, from);
    memset(from, 0, count / 2 * bytes);
    look_at_size("radix sort, output taken", sizes, from);
    free(from);
}

static void radix_sort(void)
{
    for_sizes(build_radix_sort);
}

/* --- a merge sort whose second buffer is as large as the next batch --- */

static int compare_words(const void *left, const void *right)
{
    uint32_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

static void build_sorted_runs(struct sizes sizes)
{
    size_t bytes = sizes.element < 4 ? 4 : sizes.element, capacity = 128, count = 0;
    char *runs = must(calloc(capacity, bytes));
    while (capacity * bytes <= sizes.total) {
        while (count < capacity)
            write_element(runs + count++ * bytes, bytes, decoy_random());
        qsort(runs, count, bytes, compare_words);
        char *next = must(calloc(capacity * 2, bytes));
        for (size_t i = 0; i < count; i++) /* merged with what is to come: gaps are left */
            memcpy(next + (2 * i + decoy_random() % 2) * bytes, runs + i * bytes, bytes);
        free(runs);
        runs = next;
        capacity *= 2;
        count = capacity / 2;
    }
    look_at_size("sorted runs with gaps", sizes, runs);
    for (size_t i = 0; i < capacity; i++) {
        if (i % 64 != 0)
            memset(runs + i * bytes, 0, bytes);
    }
    look_at_size("sorted runs with gaps, written out", sizes, runs);
    free(runs);
}

static void sorted_runs(void)
{
    for_sizes(build_sorted_runs);
}

/* --- an external sort's index: pointers into a buffer, sorted by what they point at --- */

static const char *compared_text;

static int compare_lines(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return memcmp(compared_text + *a, compared_text + *b, 16);
}

static void line_index(void)
{
    for (size_t lines = 1024; lines <= (size_t)1 << 17; lines *= 8) {
        char *text = must(malloc(lines * 32));
        write_text(text, lines * 32);
        uint32_t *index = NULL;
        for (size_t count = 256; count <= lines; count *= 2) {
            uint32_t *next = must(calloc(count, sizeof *next));
            for (uint32_t i = 0; i < count; i++)
                next[i] = i * 32;
            compared_text = text;
            qsort(next, count / 4 * 3, sizeof *next, compare_lines);
            memset(next + count / 4 * 3, 0, count / 4 * sizeof *next);
            free(index);
            index = next;
        }
        decoy_look("index of a sort", index);
        memset(index + 20, 0, (lines - 20) * sizeof *index);
        decoy_look("index of a sort, most printed", index);
        free(index);
        free(text);
    }
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"lines-with-gap", lines_with_gap},
        {"widened-text", widened_text},
        {"stdio-buffers", stdio_buffers},
        {"sized-radix-sort", radix_sort},
        {"sized-sorted-runs", sorted_runs},
        {"line-index", line_index},
        {NULL, NULL},
    };
    return sizes_main(argc, argv, cases);
}
