/* The pass over a process's memory, the pages that it leaves out and its way of reading them. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "layouts/layout.h"
#include "memory_pass.h"
#include "residency.h"
#include "system.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

#define PAGE        4096u
#define NUMBERS     (1u << 20) /* bytes of memory without addresses */
#define MOST_FOUND  64u
#define HOLDERS     3u
#define HOLDER_STEP 70000u /* in different pieces */

static unsigned char *map(size_t bytes)
{
    unsigned char *memory = system_map(bytes);
    assert_non_null(memory);
    return memory;
}

/* --- pages --- */

static void only_written_pages_are_shown(void **state)
{
    (void)state;
    struct residency residency;
    unsigned char *memory = map(8u * PAGE);
    uint64_t base = (uint64_t)(uintptr_t)memory, start, end;
    memory[2 * PAGE] = memory[3 * PAGE] = memory[6 * PAGE] = 1;
    residency_open(&residency, 0);
    if (residency.pagemap < 0)
        skip();
    struct written_pages pages = written_pages_of(&residency, base, base + 8u * PAGE);
    assert_true(written_pages_next(&pages, &start, &end));
    assert_int_equal(start - base, 2 * PAGE);
    assert_int_equal(end - base, 4 * PAGE);
    assert_true(written_pages_next(&pages, &start, &end));
    assert_int_equal(start - base, 6 * PAGE);
    assert_int_equal(end - base, 7 * PAGE);
    assert_false(written_pages_next(&pages, &start, &end));
    residency_close(&residency);
    system_unmap(memory, 8u * PAGE);
}

static void all_is_shown_without_the_page_map(void **state)
{
    (void)state;
    struct residency none = {.pagemap = -1};
    struct written_pages pages = written_pages_of(&none, 0x10000, 0x30000);
    uint64_t start, end;
    assert_true(written_pages_next(&pages, &start, &end));
    assert_int_equal(start, 0x10000);
    assert_int_equal(end, 0x30000);
    assert_false(written_pages_next(&pages, &start, &end));
}

/* --- reading --- */

static void much_is_read_as_little_is(void **state)
{
    (void)state;
    struct memory_reader reader = process_reader(0);
    unsigned char *memory = map(32u * PAGE), *copy = map(32u * PAGE);
    for (size_t i = 0; i < 32u * PAGE; i++)
        memory[i] = (unsigned char)(i * 7 + i / 251);
    assert_true(reader.read(&reader, (uint64_t)(uintptr_t)memory + 3, copy, 31u * PAGE));
    assert_memory_equal(copy, memory + 3, 31u * PAGE);
    /* A page that cannot be read makes it fail, whatever the way. */
    assert_int_equal(mprotect(memory + (size_t)20 * PAGE, PAGE, PROT_NONE), 0);
    assert_false(reader.read(&reader, (uint64_t)(uintptr_t)memory, copy, 31u * PAGE));
    assert_true(reader.read(&reader, (uint64_t)(uintptr_t)memory, copy, 20u * PAGE));
    system_unmap(memory, 32u * PAGE);
    system_unmap(copy, 32u * PAGE);
}

/* --- passes --- */

struct found {
    uint64_t words[MOST_FOUND], places[MOST_FOUND];
    unsigned count;
    uint64_t start, end; /* where places count: elsewhere there are copies */
};

static void note(void *context, uint64_t word, uint64_t where)
{
    struct found *found = context;
    if (where >= found->start && where < found->end && found->count < MOST_FOUND) {
        found->words[found->count] = word;
        found->places[found->count++] = where;
    }
}

static void look_for(uint64_t address, struct busy_memory *busy, struct found *found,
                     unsigned char *scratch)
{
    struct memory_reader reader = process_reader(0);
    struct word_filter filter;
    struct memory_pass pass = {.reader = &reader,
                               .scratch = scratch,
                               .filter = &filter,
                               .busy = busy,
                               .found = note,
                               .context = found};
    found->count = 0;
    assert_true(word_filter_begin(&filter, 1));
    word_filter_add(&filter, address);
    assert_true(memory_pass_make(&pass));
    word_filter_free(&filter);
}

static void assert_holders(const struct found *found, uint64_t address, uint64_t first)
{
    unsigned seen = 0;
    for (unsigned i = 0; i < found->count; i++)
        if (found->words[i] == address) {
            assert_int_equal(found->places[i], first + (uint64_t)seen * HOLDER_STEP / 8 * 8);
            seen++;
        }
    assert_int_equal(seen, HOLDERS);
}

/* Memory with numbers, and behind it memory that holds `first` and `second` in three places each.
 */
static void later_passes_find_what_first_ones_do(void **state)
{
    (void)state;
    unsigned char *scratch = map(LAYOUT_SCRATCH_BYTES);
    unsigned char *memory = map((size_t)2 * NUMBERS);
    unsigned char *target = map((size_t)2 * PAGE);
    uint64_t first = (uint64_t)(uintptr_t)target, second = first + PAGE;
    uint64_t base = (uint64_t)(uintptr_t)memory, middle = base + NUMBERS;
    for (size_t i = 0; i < NUMBERS / 8; i++)
        ((uint64_t *)(void *)memory)[i] = i * 3 + 1;
    for (unsigned i = 0; i < HOLDERS; i++) {
        size_t at = NUMBERS + (size_t)i * HOLDER_STEP / 8 * 8;
        memcpy(memory + at, &first, sizeof(first));
        memcpy(memory + at + 64, &second, sizeof(second));
    }
    struct busy_memory busy = {0};
    struct found found = {.start = base, .end = base + (size_t)2 * NUMBERS};
    look_for(first, &busy, &found, scratch);
    assert_holders(&found, first, middle);
    assert_true(busy.is_known);
    uint64_t numbers = 0;
    const struct busy_range *ranges = (const struct busy_range *)(void *)busy.ranges.memory;
    size_t count = busy.ranges.used / sizeof(*ranges);
    for (size_t i = 0; i < count; i++) {
        uint64_t from = ranges[i].start > base ? ranges[i].start : base;
        uint64_t to = ranges[i].end < middle ? ranges[i].end : middle;
        numbers += from < to ? to - from : 0;
    }
    for (unsigned holder = 0; holder < HOLDERS; holder++) {
        uint64_t place = middle + (uint64_t)holder * HOLDER_STEP / 8 * 8;
        bool is_in = false;
        for (size_t i = 0; i < count; i++)
            is_in = is_in || (place >= ranges[i].start && place < ranges[i].end);
        assert_true(is_in);
    }
    assert_true(numbers <= LAYOUT_SCRATCH_BYTES); /* one piece may span both */
    look_for(second, &busy, &found, scratch);
    assert_holders(&found, second, middle + 64);
    buffer_free(&busy.ranges);
    system_unmap(target, (size_t)2 * PAGE);
    system_unmap(memory, (size_t)2 * NUMBERS);
    system_unmap(scratch, LAYOUT_SCRATCH_BYTES);
}

/* Steady: from its third byte to the middle of a page further on. */
static uint64_t steady_start, steady_end;

static uint64_t until(const struct steady_memory *steady, uint64_t address)
{
    (void)steady;
    return address >= steady_start && address < steady_end ? steady_end : 0;
}

/* What is looked at in place is found like what is copied, at its edges and behind a page of it
 * that cannot be read, in the first pass and in later ones. */
static void steady_memory_is_looked_at_in_place(void **state)
{
    (void)state;
    static const size_t places[] = {8,
                                    PAGE - 8,
                                    PAGE,
                                    20 * PAGE + 8,
                                    32 * PAGE,
                                    40 * PAGE + 8,
                                    41 * PAGE + 8,
                                    41 * PAGE + 4088,
                                    42 * PAGE + 8};
    const unsigned count = sizeof(places) / sizeof(places[0]);
    const struct steady_memory steady = {.until = until};
    struct memory_reader reader = process_reader(0);
    unsigned char *scratch = map(LAYOUT_SCRATCH_BYTES);
    unsigned char *memory = map((size_t)64 * PAGE);
    unsigned char *target = map(PAGE);
    uint64_t address = (uint64_t)(uintptr_t)target;
    memset(memory, 1, (size_t)64 * PAGE);
    for (unsigned i = 0; i < count; i++)
        memcpy(memory + places[i], &address, sizeof(address));
    assert_int_equal(mprotect(memory + (size_t)30 * PAGE, PAGE, PROT_NONE), 0);
    assert_int_equal(madvise(memory + (size_t)35 * PAGE, PAGE, MADV_DONTNEED), 0);
    madvise(memory + (size_t)38 * PAGE, PAGE, MADV_GUARD_INSTALL); /* an older kernel has none */
    steady_start = (uint64_t)(uintptr_t)memory + 16;
    steady_end = (uint64_t)(uintptr_t)memory + (size_t)41 * PAGE + 2000;
    struct busy_memory busy = {0};
    for (unsigned round = 0; round < 2; round++) {
        struct word_filter filter;
        struct found found = {.start = (uint64_t)(uintptr_t)memory};
        struct memory_pass pass = {.reader = &reader,
                                   .scratch = scratch,
                                   .filter = &filter,
                                   .busy = &busy,
                                   .steady = &steady,
                                   .found = note,
                                   .context = &found};
        found.end = found.start + (size_t)64 * PAGE;
        assert_true(word_filter_begin(&filter, 1));
        word_filter_add(&filter, address);
        assert_true(memory_pass_make(&pass));
        word_filter_free(&filter);
        assert_int_equal(found.count, count);
        for (unsigned i = 0; i < count; i++)
            assert_int_equal(found.places[i] - found.start, places[i]);
    }
    buffer_free(&busy.ranges);
    system_unmap(target, PAGE);
    system_unmap(memory, (size_t)64 * PAGE);
    system_unmap(scratch, LAYOUT_SCRATCH_BYTES);
}

/* What is left out is not looked at, to the word, wherever it begins and ends. */
static void what_is_left_out_is_not_looked_at(void **state)
{
    (void)state;
    struct memory_reader reader = process_reader(0);
    unsigned char *scratch = map(LAYOUT_SCRATCH_BYTES);
    unsigned char *memory = map((size_t)40 * PAGE);
    unsigned char *target = map(PAGE);
    uint64_t address = (uint64_t)(uintptr_t)target, base = (uint64_t)(uintptr_t)memory;
    for (size_t i = 0; i < 40; i++)
        memcpy(memory + i * PAGE + 128, &address, sizeof(address));
    /* Pages 0, 3 to 6 and 38; of 10 the part behind the address, of 20 that before it. */
    const struct memory_range ranges[] = {
        {base - 100, base + 136},
        {base + 3 * PAGE, base + 6 * PAGE},
        {base + 5 * PAGE + 3, base + 7 * PAGE - 5},
        {base + 10 * PAGE + 136, base + 11 * PAGE},
        {base + 20 * PAGE, base + 20 * PAGE + 128},
        {base + 38 * PAGE + 64, base + 38 * PAGE + 1000},
    };
    struct buffer left_out = {0};
    assert_int_not_equal(buffer_append(&left_out, ranges, sizeof(ranges)), SIZE_MAX);
    struct word_filter filter;
    struct found found = {.start = base, .end = base + (size_t)40 * PAGE};
    struct memory_pass pass = {.reader = &reader,
                               .scratch = scratch,
                               .filter = &filter,
                               .left_out = &left_out,
                               .found = note,
                               .context = &found};
    assert_true(word_filter_begin(&filter, 1));
    word_filter_add(&filter, address);
    assert_true(memory_pass_make(&pass));
    unsigned seen = 0;
    for (uint64_t i = 1; i < 40; i++)
        if (i != 38 && (i < 3 || i > 6))
            assert_int_equal(found.places[seen++] - base, i * PAGE + 128);
    assert_int_equal(found.count, seen);
    word_filter_free(&filter);
    buffer_free(&left_out);
    system_unmap(target, PAGE);
    system_unmap(memory, (size_t)40 * PAGE);
    system_unmap(scratch, LAYOUT_SCRATCH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_written_pages_are_shown),
        cmocka_unit_test(all_is_shown_without_the_page_map),
        cmocka_unit_test(much_is_read_as_little_is),
        cmocka_unit_test(later_passes_find_what_first_ones_do),
        cmocka_unit_test(steady_memory_is_looked_at_in_place),
        cmocka_unit_test(what_is_left_out_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
