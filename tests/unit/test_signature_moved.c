/* What the rehash signature says of words that moved in other ways than a hash moves them:
 * vectors, rings, rows, columns, and of what says nothing: signature.h. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample_tables.h"
#include "signature_arrays.h"

/* --- vectors: copied --- */

static void test_a_vector_is_copied(void **state)
{
    (void)state;
    static const size_t sizes[] = {1024, 4096, 65536, 65537, 65543, 100001, 1 << 20, 20 << 20};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct arrays arrays;
        arrays_make(&arrays, sizes[i], 2 * sizes[i]);
        fill_random(arrays.old, sizes[i], i);
        memcpy(arrays.new, arrays.old, sizes[i]);
        struct comparison comparison = compare(&arrays, 8, false);
        assert_int_equal(comparison.signature, SIGNATURE_COPIED);
        assert_int_equal(comparison.moved_ppm, 0);
        assert_int_equal(comparison.found_ppm, 1000000);
        assert_never_scattered(&arrays, "a vector");
        arrays_free(&arrays);
    }
}

static void test_a_sparse_vector_is_copied(void **state)
{
    (void)state;
    struct arrays arrays;
    uint64_t random = 1;
    arrays_make(&arrays, 800000, 1600000);
    for (size_t i = 0; i < 100000; i++)
        if (random_word(&random) % 10 < 3)
            ((uint64_t *)arrays.old)[i] = 0x7f0000000000 + random_word(&random) % 1000000 * 16;
    memcpy(arrays.new, arrays.old, arrays.old_bytes);
    assert_int_equal(compare(&arrays, 8, false).signature, SIGNATURE_COPIED);
    assert_never_scattered(&arrays, "a vector of which 70 % is null");
    arrays_free(&arrays);
}

/* Elements were added in the middle and at the end since: pieces moved, each as a whole. */
static void test_an_insertion_is_no_rehash(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 400000, 800000);
    fill_random(arrays.old, arrays.old_bytes, 2);
    memcpy(arrays.new, arrays.old, 160000);
    fill_random(arrays.new + 160000, 8000, 3);
    memcpy(arrays.new + 168000, arrays.old + 160000, 240000);
    assert_never_scattered(&arrays, "a vector with an insertion");
    arrays_free(&arrays);
}

static void test_a_ring_is_shifted(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 400000, 800000);
    fill_random(arrays.old, arrays.old_bytes, 4);
    memcpy(arrays.new, arrays.old + 240000, 160000); /* it began at 240000 */
    memcpy(arrays.new + 160000, arrays.old, 240000);
    struct comparison comparison = compare(&arrays, 8, false);
    assert_int_equal(comparison.signature, SIGNATURE_SHIFTED);
    assert_int_equal(comparison.moved_ppm, 1000000);
    assert_never_scattered(&arrays, "a ring buffer");
    arrays_free(&arrays);
}

static void test_a_gap_buffer_is_shifted(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 400000, 800000);
    fill_random(arrays.old, arrays.old_bytes, 5);
    memcpy(arrays.new, arrays.old, 100000);
    memcpy(arrays.new + 500000, arrays.old + 100000, 300000);
    assert_int_equal(compare(&arrays, 8, false).signature, SIGNATURE_SHIFTED);
    assert_never_scattered(&arrays, "a gap buffer");
    arrays_free(&arrays);
}

static void relay_rows(struct arrays *arrays, size_t rows, size_t old_row, size_t new_row)
{
    for (size_t row = 0; row < rows; row++)
        memcpy(arrays->new + row *new_row, arrays->old + row * old_row, old_row);
}

/* Rows of any length, laid out again with room for more columns. */
static void test_a_matrix_with_longer_rows_is_no_rehash(void **state)
{
    (void)state;
    static const struct {
        size_t rows, old_row, new_row;
    } shapes[] = {{1000, 800, 1600}, {5000, 72, 96},   {20000, 24, 32}, {300, 4000, 4400},
                  {100, 8000, 8008}, {4096, 128, 256}, {50000, 16, 40}};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct arrays arrays;
        arrays_make(&arrays, shapes[i].rows * shapes[i].old_row,
                    shapes[i].rows * shapes[i].new_row);
        fill_random(arrays.old, arrays.old_bytes, i);
        relay_rows(&arrays, shapes[i].rows, shapes[i].old_row, shapes[i].new_row);
        char what[64];
        snprintf(what, sizeof(what), "rows of %zu bytes, now %zu", shapes[i].old_row,
                 shapes[i].new_row);
        assert_never_scattered(&arrays, what);
        arrays_free(&arrays);
    }
}

/* std::vector kept its elements while it grew, and was sorted before the look: every word is found,
 * elsewhere, but all of them in one dense piece. */
static void test_a_sorted_vector_is_no_rehash(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 400000, 800000);
    fill_random(arrays.old, arrays.old_bytes, 6);
    memcpy(arrays.new, arrays.old, arrays.old_bytes);
    qsort(arrays.new, arrays.old_bytes / 8, 8, by_value);
    assert_never_scattered(&arrays, "a sorted vector");
    arrays_free(&arrays);
}

static void test_interleaving_two_columns_is_no_rehash(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 400000, 800000);
    fill_random(arrays.old, arrays.old_bytes, 7);
    for (size_t i = 0; i < 50000; i++)
        memcpy(arrays.new + i * 16, arrays.old + i * 8, 8);
    assert_never_scattered(&arrays, "a column of a row store");
    arrays_free(&arrays);
}

/* --- what says nothing --- */

static void write_text(unsigned char *to, size_t bytes, uint64_t seed)
{
    static const char *const words[] = {"the ",  "bucket ", "of ",    "every ",  "table ", "moves ",
                                        "when ", "it ",     "grows ", "again, ", "and ",   "keys "};
    size_t at = 0;
    while (at < bytes) {
        const char *word = words[random_word(&seed) % (sizeof(words) / sizeof(words[0]))];
        size_t length = strlen(word) < bytes - at ? strlen(word) : bytes - at;
        memcpy(to + at, word, length);
        at += length;
    }
}

static void test_text_is_no_rehash(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 300001, 600007);
    write_text(arrays.old, arrays.old_bytes, 8);
    write_text(arrays.new, arrays.new_bytes, 9);
    assert_never_scattered(&arrays, "two texts in the same words");
    memcpy(arrays.new, arrays.old, arrays.old_bytes);
    assert_never_scattered(&arrays, "a text that was appended to");
    memmove(arrays.new + 13, arrays.new, arrays.old_bytes);
    assert_never_scattered(&arrays, "a text with a longer first line");
    arrays_free(&arrays);
}

static void test_unrelated_arrays(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 400000, 800000);
    fill_random(arrays.old, arrays.old_bytes, 10);
    fill_random(arrays.new, arrays.new_bytes, 11);
    struct comparison comparison = compare(&arrays, 8, false);
    assert_int_equal(comparison.signature, SIGNATURE_UNRELATED);
    assert_int_equal(comparison.found_ppm, 0);
    assert_never_scattered(&arrays, "noise and other noise");
    arrays_free(&arrays);
}

static void test_zeros_and_ones_say_nothing(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_make(&arrays, 100000, 200000);
    for (int byte = 0; byte <= 0xff; byte += 0xff) {
        memset(arrays.old, byte, arrays.old_bytes);
        memset(arrays.new, byte, arrays.new_bytes);
        assert_int_equal(compare(&arrays, 8, false).signature, SIGNATURE_UNREADABLE);
        assert_int_equal(compare(&arrays, 4, true).signature, SIGNATURE_UNREADABLE);
    }
    arrays_free(&arrays);
}

/* Sizes at which a run, a word or a neighbour no longer fits. */
static void test_tiny_arrays_say_nothing(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes <= 96; bytes++) {
        struct arrays arrays;
        arrays_make(&arrays, bytes, 2 * bytes);
        fill_random(arrays.old, arrays.old_bytes, bytes);
        memcpy(arrays.new, arrays.old, arrays.old_bytes);
        assert_int_equal(compare(&arrays, 8, false).signature, SIGNATURE_UNREADABLE);
        assert_never_scattered(&arrays, "a few bytes");
        arrays_free(&arrays);
    }
}

static void test_memory_that_is_gone(void **state)
{
    (void)state;
    struct arrays arrays;
    struct comparison comparison;
    uint64_t old, new_array;
    arrays_make(&arrays, 200000, 400000);
    fill_random(arrays.old, arrays.old_bytes, 12);
    memcpy(arrays.new, arrays.old, arrays.old_bytes);
    old = (uint64_t)(uintptr_t)arrays.old;
    new_array = (uint64_t)(uintptr_t)arrays.new;
    assert_true(signature_sample(&arrays.readable.reader, old, arrays.old_bytes, 8, false,
                                 &work.sample, work.piece));
    readable_forget(&arrays.readable);
    signature_compare(&arrays.readable.reader, new_array, arrays.new_bytes, SIGNATURE_SEARCH_ALL,
                      &work, &comparison);
    assert_int_equal(comparison.signature, SIGNATURE_UNREADABLE);
    assert_false(signature_sample(&arrays.readable.reader, old, arrays.old_bytes, 8, false,
                                  &work.sample, work.piece));
    /* Half of it was unmapped. */
    readable_forget(&arrays.readable);
    readable_add(&arrays.readable, arrays.new, 200000);
    signature_compare(&arrays.readable.reader, new_array, arrays.new_bytes, SIGNATURE_SEARCH_ALL,
                      &work, &comparison);
    assert_int_equal(comparison.signature, SIGNATURE_UNREADABLE);
    readable_forget(&arrays.readable);
    arrays_free(&arrays);
}

/* --- numbers, which many arrays hold --- */

static bool are_numbers(const uint32_t *words, size_t count, uint32_t unit)
{
    struct readable readable;
    struct sample sample;
    readable_begin(&readable);
    readable_add(&readable, words, count * sizeof(*words));
    assert_true(signature_sample(&readable.reader, (uint64_t)(uintptr_t)words,
                                 count * sizeof(*words), unit, false, &sample, work.piece));
    return signature_is_of_numbers(&sample);
}

static void test_numbers_of_entries_are_numbers(void **state)
{
    (void)state;
    enum { COUNT = 16384 };
    static uint32_t words[COUNT];
    uint64_t random = 1;
    for (uint32_t i = 0; i < COUNT; i++)
        words[i] = random_word(&random) % 4 == 0 ? UINT32_MAX : i * 2654435761u % (COUNT / 2);
    assert_true(are_numbers(words, COUNT, 4));
    assert_true(are_numbers(words, COUNT, 8));
    for (uint32_t i = 0; i < COUNT; i++)
        words[i] = (uint32_t)random_word(&random);
    assert_false(are_numbers(words, COUNT, 4));
    assert_false(are_numbers(words, COUNT, 8));
    for (uint32_t i = 0; i < COUNT; i += 2) { /* addresses */
        words[i] = (uint32_t)random_word(&random);
        words[i + 1] = 0x7f12;
    }
    assert_false(are_numbers(words, COUNT, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_vector_is_copied),
        cmocka_unit_test(test_numbers_of_entries_are_numbers),
        cmocka_unit_test(test_a_sparse_vector_is_copied),
        cmocka_unit_test(test_an_insertion_is_no_rehash),
        cmocka_unit_test(test_a_ring_is_shifted),
        cmocka_unit_test(test_a_gap_buffer_is_shifted),
        cmocka_unit_test(test_a_matrix_with_longer_rows_is_no_rehash),
        cmocka_unit_test(test_a_sorted_vector_is_no_rehash),
        cmocka_unit_test(test_interleaving_two_columns_is_no_rehash),
        cmocka_unit_test(test_text_is_no_rehash),
        cmocka_unit_test(test_unrelated_arrays),
        cmocka_unit_test(test_zeros_and_ones_say_nothing),
        cmocka_unit_test(test_tiny_arrays_say_nothing),
        cmocka_unit_test(test_memory_that_is_gone),
    };
    return RUN(tests);
}
