/* Which pieces of an array are looked at first: glimpse.h. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "glimpse.h"
#include "readable.h"

#define WORDS (1u << 18)

static uint64_t *array;
static unsigned char memory[2][GLIMPSE_BYTES];
static struct readable readable;
static struct layout_view view;
static struct block block;

static void make(unsigned char blank)
{
    array = malloc(WORDS * sizeof(*array));
    assert_non_null(array);
    memset(array, blank, WORDS * sizeof(*array));
    readable_begin(&readable);
    readable_add(&readable, array, WORDS * sizeof(*array));
    view = (struct layout_view){.reader = &readable.reader};
    block = (struct block){.address = (uintptr_t)array, .bytes = WORDS * sizeof(*array)};
}

static bool look(struct glimpse *glimpse)
{
    struct glimpse first;
    assert_true(glimpse_read(&view, &block, 0, memory[0], &first));
    bool is_sparse = glimpse_read_sparse(&view, &block, &first, memory[1], glimpse);
    assert_int_equal(readable.refused, 0);
    return is_sparse;
}

static void scatter(unsigned entries)
{
    uint64_t seed = 1;
    for (unsigned i = 0; i < entries; i++)
        array[random_word(&seed) % WORDS] = random_word(&seed) | 2;
}

/* The pieces are what the array has there, and together show many times what the first glimpse
 * does. */
static void check_pieces(const struct glimpse *glimpse, uint64_t blank, unsigned least)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < glimpse->pieces; i++) {
        const unsigned char *piece = glimpse->memory + (size_t)i * glimpse->piece_bytes;
        bool is_zero = true;
        assert_int_equal(glimpse->offset[i] % 8, 0);
        assert_true(glimpse->offset[i] + glimpse->piece_bytes <= block.bytes);
        assert_memory_equal(piece, (unsigned char *)array + glimpse->offset[i],
                            glimpse->piece_bytes);
        for (uint32_t at = 0; at < glimpse->piece_bytes; at += 8) {
            uint64_t word;
            memcpy(&word, piece + at, sizeof(word));
            found += word != blank;
            is_zero = is_zero && word == 0;
        }
        assert_int_equal(glimpse->zero_pieces >> i & 1, is_zero);
    }
    assert_true(found >= least);
}

static void test_few_entries_are_found(void **state)
{
    (void)state;
    struct glimpse glimpse;
    make(0);
    scatter(700);
    assert_true(look(&glimpse));
    check_pieces(&glimpse, 0, 32);
    free(array);
}

static void test_slots_that_are_empty_by_ones(void **state)
{
    (void)state;
    struct glimpse glimpse;
    make(0xff);
    scatter(700);
    assert_true(look(&glimpse));
    check_pieces(&glimpse, UINT64_MAX, 32);
    free(array);
}

/* Slots of 20 bytes that are empty by a -1. */
static void test_slots_of_several_words(void **state)
{
    (void)state;
    struct glimpse glimpse;
    make(0);
    for (size_t slot = 0; slot < WORDS * 2 / 5; slot++)
        memset((unsigned char *)array + slot * 20, 0xff, 4);
    scatter(700);
    assert_true(look(&glimpse));
    assert_true(glimpse.blank.count > 1);
    free(array);
}

/* A table of which most slots hold a mark is not nearly empty. */
static void test_marks_are_not_blank(void **state)
{
    (void)state;
    struct glimpse glimpse;
    make(0);
    srandom(5);
    for (size_t i = 0; i < WORDS; i++)
        if (random() % 3 == 0)
            array[i] = UINT64_MAX;
    scatter(700);
    assert_false(look(&glimpse));
    free(array);
}

static void test_a_busy_array_is_not_sparse(void **state)
{
    (void)state;
    struct glimpse glimpse;
    make(0);
    scatter(WORDS / 8);
    assert_false(look(&glimpse));
    free(array);
}

/* A vector that has room, and one with a word in its middle. */
static void test_what_lies_at_the_beginning_is_not_spread(void **state)
{
    (void)state;
    struct glimpse glimpse;
    make(0);
    memset(array, 7, 1000);
    assert_false(look(&glimpse));
    array[WORDS / 2 + 5] = 1;
    assert_false(look(&glimpse));
    free(array);
}

static void test_memory_that_is_gone(void **state)
{
    (void)state;
    struct glimpse first, glimpse;
    make(0);
    scatter(700);
    assert_true(glimpse_read(&view, &block, 0, memory[0], &first));
    readable_forget(&readable);
    assert_false(glimpse_read_sparse(&view, &block, &first, memory[1], &glimpse));
    free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_entries_are_found),
        cmocka_unit_test(test_slots_that_are_empty_by_ones),
        cmocka_unit_test(test_slots_of_several_words),
        cmocka_unit_test(test_marks_are_not_blank),
        cmocka_unit_test(test_a_busy_array_is_not_sparse),
        cmocka_unit_test(test_what_lies_at_the_beginning_is_not_spread),
        cmocka_unit_test(test_memory_that_is_gone),
    };
    return RUN(tests);
}
