/* Buffers of text and bytes: built, edited, read, decoded, sorted. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "decoy.h"

#define BYTES ((size_t)6 << 20)

static void fill_text(char *at, size_t bytes)
{
    static const char words[] = "the quick brown fox jumps over a lazy dog\n\0\0\0\0";
    for (size_t i = 0; i < bytes; i++)
        at[i] = words[(decoy_random() >> 20) % (sizeof words - 1)];
}

static void string_builder(void)
{
    size_t capacity = 1024, used = 0;
    char *text = must(malloc(capacity));
    while (used < BYTES) {
        if (capacity - used < 200) {
            capacity *= 2;
            text = must(realloc(text, capacity));
        }
        fill_text(text + used, 150);
        used += 150;
    }
    decoy_look("string builder", text);
    memset(text, 0, capacity);
    decoy_look("string builder, wiped", text);
    free(text);
}

/* An editor's buffer: the gap is in the middle, and a growth moves the tail to the new end. */
static void gap_buffer(void)
{
    size_t capacity = 4096, gap = 0, gap_end = capacity;
    char *text = must(calloc(1, capacity));
    while (capacity < BYTES) {
        if (gap == gap_end) {
            char *bigger = must(calloc(1, capacity * 2));
            size_t tail = capacity - gap_end;
            memcpy(bigger, text, gap);
            memcpy(bigger + capacity * 2 - tail, text + gap_end, tail);
            free(text);
            text = bigger;
            capacity *= 2;
            gap_end = capacity - tail;
        }
        size_t piece = gap_end - gap < 512 ? gap_end - gap : 512;
        fill_text(text + gap, piece);
        gap += piece;
        /* The cursor goes back a third of the way. */
        size_t back = gap / 3 / 512 * 512;
        if (decoy_random() % 64 == 0) {
            memmove(text + gap_end - back, text + gap - back, back);
            gap -= back;
            gap_end -= back;
            memset(text + gap, 0, gap_end - gap);
        }
    }
    decoy_look("gap buffer", text);
    memset(text, 0, capacity);
    decoy_look("gap buffer, everything deleted", text);
    free(text);
}

/* A ring of messages: a growth unrolls it, so that everything stands somewhere else. */
static void ring_buffer(void)
{
    size_t capacity = 256, head = 0, count = 0;
    void **ring = must(calloc(capacity, sizeof *ring));
    while (capacity < (size_t)1 << 18) {
        if (count == capacity) {
            void **bigger = must(calloc(capacity * 2, sizeof *bigger));
            for (size_t i = 0; i < count; i++)
                bigger[i] = ring[(head + i) % capacity];
            free(ring);
            ring = bigger;
            capacity *= 2;
            head = 0;
        }
        ring[(head + count++) % capacity] = decoy_random() % 4 == 0 ? NULL : decoy_object();
        if (decoy_random() % 8 == 0) {
            ring[head] = NULL;
            head = (head + 1) % capacity;
            count--;
        }
    }
    decoy_look("ring buffer", ring);
    for (; count > capacity / 50; count--) {
        ring[head] = NULL;
        head = (head + 1) % capacity;
    }
    decoy_look("ring buffer, drained", ring);
    free(ring);
}

static void double_buffering(void)
{
    size_t words = 1024;
    uint64_t *front = must(calloc(words, 8)), *back = must(calloc(words, 8));
    while (words < BYTES / 8) {
        for (size_t i = 0; i < words; i++) /* the new state, from neighbours of the old one */
            back[i] = front[(i + 1) % words] != 0 ? front[(i + 1) % words]
                                                  : (decoy_random() % 5 == 0) * decoy_random();
        uint64_t *swapped = front;
        front = back;
        back = swapped;
        words *= 2;
        uint64_t *bigger = must(calloc(words, 8));
        memcpy(bigger, front, words * 4);
        free(front);
        front = bigger;
        free(back);
        back = must(calloc(words, 8));
    }
    decoy_look("front buffer", front);
    decoy_look("back buffer, not drawn yet", back);
    free(front);
    free(back);
}

static void file_reading(void)
{
    FILE *file = tmpfile();
    if (file == NULL)
        abort();
    static char line[4096];
    for (size_t i = 0; i < BYTES / sizeof line; i++) {
        fill_text(line, sizeof line);
        if (fwrite(line, 1, sizeof line, file) != sizeof line)
            abort();
    }
    rewind(file);
    setvbuf(file, NULL, _IOFBF, 1 << 16);
    size_t capacity = 4096, used = 0, got;
    char *whole = must(malloc(capacity));
    while ((got = fread(whole + used, 1, capacity - used, file)) > 0) {
        used += got;
        if (used == capacity)
            whole = must(realloc(whole, capacity *= 2));
    }
    decoy_look("file read whole", whole);
    fclose(file);
    free(whole);
}

/* As inflate does: when the window is full, its second half goes to the front. */
static void sliding_window(void)
{
    size_t window = 4096;
    char *bytes = must(calloc(1, window));
    for (int round = 0; window < BYTES; round++) {
        fill_text(bytes + window / 2, window / 2);
        memcpy(bytes, bytes + window / 2, window / 2);
        if (round % 2 == 1) {
            char *bigger = must(calloc(1, window * 2));
            memcpy(bigger, bytes + window / 2, window / 2);
            free(bytes);
            bytes = bigger;
            window *= 2;
        }
    }
    decoy_look("sliding window", bytes);
    memset(bytes, 0, window);
    decoy_look("sliding window, reset", bytes);
    free(bytes);
}

static int compare_words(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Runs of doubling length, each merged into a fresh block: words move, and the blocks are full. */
static void merge_sort(void)
{
    size_t count = 512;
    uint64_t *sorted = must(malloc(count * 8));
    for (size_t i = 0; i < count; i++)
        sorted[i] = decoy_random();
    qsort(sorted, count, 8, compare_words);
    while (count < BYTES / 8) {
        uint64_t *run = must(malloc(count * 8)), *merged = must(malloc(count * 16));
        for (size_t i = 0; i < count; i++)
            run[i] = decoy_random();
        qsort(run, count, 8, compare_words);
        for (size_t i = 0, left = 0, right = 0; i < 2 * count; i++) {
            int take_left = right == count || (left < count && sorted[left] < run[right]);
            merged[i] = take_left ? sorted[left++] : run[right++];
        }
        free(run);
        free(sorted);
        sorted = merged;
        count *= 2;
    }
    decoy_look("merge sort", sorted);
    memset(sorted, 0, count * 8);
    decoy_look("merge sort, wiped", sorted);
    free(sorted);
}

static void base64(void)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t bytes = 1536; bytes < BYTES; bytes *= 2) {
        unsigned char *raw = must(malloc(bytes));
        char *encoded = must(malloc(bytes / 3 * 4 + 1));
        for (size_t i = 0; i < bytes; i++)
            raw[i] = (unsigned char)(decoy_random() >> 32);
        for (size_t i = 0, out = 0; i < bytes; i += 3) {
            unsigned group = (unsigned)(raw[i] << 16 | raw[i + 1] << 8 | raw[i + 2]);
            for (int shift = 18; shift >= 0; shift -= 6)
                encoded[out++] = alphabet[group >> shift & 63];
        }
        encoded[bytes / 3 * 4] = '\0';
        if (bytes * 2 >= BYTES) {
            decoy_look("base64 source", raw);
            decoy_look("base64 text", encoded);
        }
        free(raw);
        free(encoded);
    }
}

/* A parser's stack of values: tagged words, popped into containers as they close. */
static void json_values(void)
{
    struct value {
        uint64_t tag;
        void *node;
    } *values = NULL;
    size_t capacity = 0, used = 0;
    for (size_t i = 0; i < 400000; i++) {
        if (used == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            values = must(reallocarray(values, capacity, sizeof *values));
        }
        values[used++] = (struct value){decoy_random() % 6, i % 3 ? decoy_object() : NULL};
        if (decoy_random() % 1000 == 0) {
            size_t children = used / 8;
            memset(values + used - children, 0, children * sizeof *values);
            used -= children;
        }
    }
    decoy_look("stack of parsed values", values);
    memset(values, 0, capacity * sizeof *values);
    decoy_look("stack of parsed values, popped", values);
    free(values);
}

/* A few bytes more than a power of two: words of a block of half the size are scattered in it. */
static void odd_sizes(void)
{
    for (size_t bytes = 4096; bytes <= (size_t)1 << 21; bytes *= 2) {
        for (size_t more = 0; more < 9; more++) {
            size_t words = bytes / 8;
            uint32_t *freed = must(calloc(words, 4));
            unsigned char *scattered = must(calloc(bytes + more, 1));
            for (size_t i = 0; i < words; i++) {
                freed[i] = decoy_random() % 3 == 0 ? 0 : (uint32_t)(decoy_random() >> 32);
                if (freed[i] != 0)
                    memcpy(scattered + decoy_random() % words * 4, &freed[i], 4);
            }
            free(freed);
            if (bytes == (size_t)1 << 21 && more == 1)
                decoy_look("scattered words", scattered);
            free(scattered);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {{"string-builder", string_builder},
                                              {"gap-buffer", gap_buffer},
                                              {"ring-buffer", ring_buffer},
                                              {"double-buffering", double_buffering},
                                              {"file-reading", file_reading},
                                              {"sliding-window", sliding_window},
                                              {"merge-sort", merge_sort},
                                              {"base64", base64},
                                              {"json-values", json_values},
                                              {"odd-sizes", odd_sizes},
                                              {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
