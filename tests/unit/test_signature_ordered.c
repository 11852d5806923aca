/* What the rehash signature says of entries in sorted order, with room between them:
 * signature.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sample_tables.h"
#include "signature_arrays.h"

/* Sorted keys of so many bits in slots of `words`, each with something random beside it, in every
 * slot that `place` names; both arrays hold the same. */
#define ORDERED 3000u

static uint64_t ordered_keys[ORDERED];

static void make_ordered_keys(unsigned bits, uint64_t seed)
{
    for (size_t i = 0; i < ORDERED; i++)
        ordered_keys[i] = random_word(&seed) >> (64 - bits) | 1;
    qsort(ordered_keys, ORDERED, sizeof(ordered_keys[0]), by_value);
}

static void put_ordered(unsigned char *array, size_t words, size_t slot, size_t nth)
{
    uint64_t seed = nth + 1;
    for (size_t word = 0; word < words; word++) {
        uint64_t value = word == 0 ? ordered_keys[nth] : random_word(&seed);
        memcpy(array + (slot * words + word) * 8, &value, sizeof(value));
    }
}

/* The old array is the fuller one; where its entries lie in it does not matter. */
static void lay_unevenly(struct arrays *arrays, size_t words)
{
    size_t slots = arrays->old_bytes / 8 / words, room = slots - ORDERED, slot = 0;
    uint64_t seed = 9;
    for (size_t i = 0; i < ORDERED; i++, slot++) {
        for (; room > 0 && random_word(&seed) % slots < slots - ORDERED; room--)
            slot++;
        put_ordered(arrays->old, words, slot, i);
    }
}

static void test_sorted_entries_with_more_room_are_no_rehash(void **state)
{
    (void)state;
    static const unsigned bits[] = {40, 64};
    for (size_t words = 1; words <= 3; words++)
        for (size_t k = 0; k < sizeof(bits) / sizeof(bits[0]); k++) {
            struct arrays even, packed;
            make_ordered_keys(bits[k], words + k);
            arrays_make(&even, 4096 * words * 8, 8192 * words * 8);
            arrays_make(&packed, 4096 * words * 8, 8192 * words * 8);
            lay_unevenly(&even, words);
            lay_unevenly(&packed, words);
            for (size_t i = 0; i < ORDERED; i++) {
                put_ordered(even.new, words, i * 8192 / ORDERED, i);
                /* Segments of 16 slots, each filled from the left. */
                size_t segment = i * 512 / ORDERED;
                size_t first = (segment * ORDERED + 511) / 512;
                put_ordered(packed.new, words, segment * 16 + i - first, i);
            }
            struct comparison of_even = compare(&even, 8, false);
            struct comparison of_packed = compare(&packed, 8, false);
            if (!of_even.is_spread_out || of_even.signature == SIGNATURE_SCATTERED)
                fail_msg("%zu words, %u bits: spread evenly, signature %d", words, bits[k],
                         of_even.signature);
            if (of_packed.signature == SIGNATURE_SCATTERED)
                fail_msg("%zu words, %u bits: packed, signature %d", words, bits[k],
                         of_packed.signature);
            arrays_free(&even);
            arrays_free(&packed);
        }
}

/* Keys that are not sorted, as those of an order that a function makes: evenness tells alone. */
static void test_evenly_spread_entries_are_no_rehash(void **state)
{
    (void)state;
    struct arrays arrays;
    uint64_t seed = 3;
    arrays_make(&arrays, 4096 * 8, 8192 * 8);
    for (size_t i = 0; i < ORDERED; i++)
        ordered_keys[i] = random_word(&seed);
    lay_unevenly(&arrays, 1);
    for (size_t i = 0; i < ORDERED; i++)
        put_ordered(arrays.new, 1, i * 8192 / ORDERED, i);
    assert_true(compare(&arrays, 8, false).is_spread_out);
    arrays_free(&arrays);
}

/* A table that is ordered by its hashes, the top bits of which name the slots, is one. */
static void put_hashes(unsigned char *array, size_t words, unsigned bits, bool are_kept)
{
    size_t last = 0;
    for (size_t i = 0; i < ORDERED; i++) {
        size_t home = ordered_keys[i] >> (64 - bits);
        last = i > 0 && home <= last ? last + 1 : home;
        put_ordered(array, words, last, i);
        uint64_t word = are_kept ? ordered_keys[i] : ordered_keys[i] * 0x9E3779B97F4A7C15u;
        memcpy(array + last * words * 8, &word, sizeof(word));
    }
}

static void test_a_table_in_the_order_of_its_hashes_is_scattered(void **state)
{
    (void)state;
    for (size_t words = 1; words <= 3; words++)
        for (int are_kept = 0; are_kept <= 1; are_kept++) {
            struct arrays arrays;
            size_t spare = 64; /* behind the last slot */
            arrays_make(&arrays, (4096 + spare) * words * 8, (8192 + spare) * words * 8);
            make_ordered_keys(64, words);
            put_hashes(arrays.old, words, 12, are_kept);
            put_hashes(arrays.new, words, 13, are_kept);
            struct comparison comparison = compare(&arrays, 8, false);
            if (comparison.signature != SIGNATURE_SCATTERED || comparison.is_spread_out)
                fail_msg("%zu words, hashes %s: signature %d", words,
                         are_kept ? "kept" : "not kept", comparison.signature);
            arrays_free(&arrays);
        }
}

#define THINNED_WORDS 128u /* of a fingerprint */

static struct comparison compare_thinned(const struct arrays *arrays)
{
    struct comparison comparison;
    struct whole_sample whole;
    uint64_t old = (uint64_t)(uintptr_t)arrays->old, new = (uint64_t)(uintptr_t)arrays->new;
    assert_true(signature_sample_thinned(&arrays->readable.reader, old, arrays->old_bytes, 8,
                                         THINNED_WORDS, &work.sample, work.piece, &whole));
    signature_compare(&arrays->readable.reader, new, arrays->new_bytes, SIGNATURE_SEARCH_ALL, &work,
                      &comparison);
    return comparison;
}

/* Words of a run stay together, and the last of the few runs of a fingerprint begins at the last
 * eighth of the slots. */
static void test_few_words_of_a_table_in_order_reach_its_end(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct arrays arrays;
        size_t slots = 3400 + seed, spare = 256; /* where the last probes lead */
        arrays_make(&arrays, (slots + spare) * 3 * 8, (2 * slots + spare) * 3 * 8);
        make_ordered_keys(64, seed);
        for (size_t times = 1; times <= 2; times++) {
            size_t last = 0;
            for (size_t i = 0; i < ORDERED; i++) {
                size_t entry = i ^ (times - 1); /* those that met swap places */
                uint64_t random = seed * 100000 + entry;
                size_t home = (size_t)((unsigned __int128)ordered_keys[i] * slots * times >> 64);
                unsigned char *array = times == 1 ? arrays.old : arrays.new;
                last = i > 0 && home <= last ? last + 1 : home;
                if (last >= slots * times + spare)
                    break;
                put_ordered(array, 3, last, entry);
                random = random_word(&random);
                memcpy(array + last * 3 * 8, &random, 8); /* hashes are not kept */
            }
        }
        struct comparison comparison = compare_thinned(&arrays);
        if (comparison.signature != SIGNATURE_SCATTERED)
            fail_msg("%zu slots: signature %d", slots, comparison.signature);
        arrays_free(&arrays);
    }
}

/* A vector that was sorted ends where it ended, in an array that is larger by a quarter. */
static void test_few_words_of_a_vector_end_early(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct arrays arrays;
        size_t words = 8192;
        arrays_make(&arrays, words * 8, words * 5 / 4 * 8);
        fill_random(arrays.old, words * 8, seed);
        memcpy(arrays.new, arrays.old, words * 8);
        qsort(arrays.new, words, 8, by_value);
        assert_int_not_equal(compare_thinned(&arrays).signature, SIGNATURE_SCATTERED);
        arrays_free(&arrays);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_entries_with_more_room_are_no_rehash),
        cmocka_unit_test(test_evenly_spread_entries_are_no_rehash),
        cmocka_unit_test(test_a_table_in_the_order_of_its_hashes_is_scattered),
        cmocka_unit_test(test_few_words_of_a_table_in_order_reach_its_end),
        cmocka_unit_test(test_few_words_of_a_vector_end_early),
    };
    return RUN(tests);
}
