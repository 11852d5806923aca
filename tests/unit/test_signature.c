/* What the rehash signature says of arrays whose history is known: signature.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readable.h"
#include "sample_tables.h"
#include "signature.h"

static struct signature_work work;

struct arrays {
    struct readable readable;
    unsigned char *old, *new;
    size_t old_bytes, new_bytes;
};

/* Both arrays end at the end of their heap block, so that sanitizers see a look beyond it. */
static void arrays_make(struct arrays *arrays, size_t old_bytes, size_t new_bytes)
{
    arrays->old_bytes = old_bytes;
    arrays->new_bytes = new_bytes;
    arrays->old = calloc(1, old_bytes + 1);
    arrays->new = calloc(1, new_bytes + 1);
    assert_non_null(arrays->old);
    assert_non_null(arrays->new);
    readable_begin(&arrays->readable);
    readable_add(&arrays->readable, arrays->old, old_bytes);
    readable_add(&arrays->readable, arrays->new, new_bytes);
}

static void arrays_free(struct arrays *arrays)
{
    assert_int_equal(arrays->readable.refused, 0);
    free(arrays->old);
    free(arrays->new);
}

/* What growth.c believes of a search here and there must be what the whole one says: that the words
 * were copied, that they are not there; of a table's, that they are. */
static void check_spots(struct readable *readable, const void *new_array, size_t new_bytes,
                        const struct comparison *all)
{
    struct comparison spots;
    signature_compare(&readable->reader, (uint64_t)(uintptr_t)new_array, new_bytes,
                      SIGNATURE_SEARCH_SPOTS, &work, &spots);
    if (spots.signature == SIGNATURE_COPIED && spots.found_ppm > 800000)
        assert_int_equal(all->signature, SIGNATURE_COPIED);
    if (spots.signature <= SIGNATURE_UNRELATED && spots.found_ppm < 50000)
        assert_true(all->signature <= SIGNATURE_UNRELATED);
    if (all->signature == SIGNATURE_SCATTERED)
        assert_true(spots.signature >= SIGNATURE_COPIED);
}

static struct comparison compare_memory(struct readable *readable, const void *old,
                                        size_t old_bytes, const void *new_array, size_t new_bytes,
                                        uint32_t unit, bool paired)
{
    struct comparison comparison;
    assert_true(signature_sample(&readable->reader, (uint64_t)(uintptr_t)old, old_bytes, unit,
                                 paired, &work.sample, work.piece));
    signature_compare(&readable->reader, (uint64_t)(uintptr_t)new_array, new_bytes,
                      SIGNATURE_SEARCH_ALL, &work, &comparison);
    check_spots(readable, new_array, new_bytes, &comparison);
    return comparison;
}

static struct comparison compare(struct arrays *arrays, uint32_t unit, bool paired)
{
    return compare_memory(&arrays->readable, arrays->old, arrays->old_bytes, arrays->new,
                          arrays->new_bytes, unit, paired);
}

/* In none of the four ways that growth.c tries may these two look like a rehash. */
static void assert_never_scattered(struct arrays *arrays, const char *what)
{
    for (uint32_t unit = 4; unit <= 8; unit += 4)
        for (int paired = 0; paired <= 1; paired++) {
            struct comparison comparison = compare(arrays, unit, paired);
            if (comparison.signature == SIGNATURE_SCATTERED)
                fail_msg("%s: scattered, by %s of %u bytes", what, paired ? "pairs" : "words",
                         unit);
        }
}

static void fill_random(unsigned char *memory, size_t bytes, uint64_t seed)
{
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = random_word(&seed);
        memcpy(memory + at, &word, bytes - at < 8 ? bytes - at : 8);
    }
}

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

static int by_value(const void *a, const void *b)
{
    uint64_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return left < right ? -1 : left > right;
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

/* --- in sorted order, with room between --- */

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

/* --- hash tables: scattered --- */

struct table_kind {
    size_t slot_bytes, key_bytes;
    enum probing probing;
    uint64_t empty_key;
};

static const struct table_kind kinds[] = {
    {8, 8, PROBE_LINEAR, 0},       {16, 8, PROBE_LINEAR, 0},          {24, 8, PROBE_TRIANGULAR, 0},
    {32, 8, PROBE_ROBIN_HOOD, 0},  {40, 8, PROBE_DOUBLE, UINT64_MAX}, {64, 8, PROBE_LINEAR, 0},
    {128, 8, PROBE_TRIANGULAR, 0}, {256, 8, PROBE_LINEAR, 0},         {4, 4, PROBE_LINEAR, 0},
    {12, 4, PROBE_ROBIN_HOOD, 0},  {16, 4, PROBE_DOUBLE, UINT32_MAX},
};

static void make_table(struct sample_table *table, const struct table_kind *kind, size_t capacity,
                       double load, uint64_t seed)
{
    table_make(table, capacity, kind->slot_bytes, kind->key_bytes, kind->probing, kind->empty_key);
    while ((double)table->live < load * (double)capacity) {
        uint64_t key = random_word(&seed);
        table_insert(table, kind->key_bytes == 4 ? (uint32_t)key : key, random_word(&seed));
    }
}

static struct comparison compare_tables(const struct sample_table *old,
                                        const struct sample_table *grown, uint32_t unit,
                                        bool paired)
{
    struct readable readable;
    readable_begin(&readable);
    readable_add(&readable, old->slots, table_bytes(old));
    readable_add(&readable, grown->slots, table_bytes(grown));
    struct comparison comparison = compare_memory(&readable, old->slots, table_bytes(old),
                                                  grown->slots, table_bytes(grown), unit, paired);
    assert_int_equal(readable.refused, 0);
    return comparison;
}

static void test_a_hash_table_is_scattered(void **state)
{
    (void)state;
    static const size_t capacities[] = {256, 1024, 16384, 131072};
    static const double loads[] = {0.5, 0.7, 0.875};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        for (size_t c = 0; c < sizeof(capacities) / sizeof(capacities[0]); c++)
            for (size_t l = 0; l < sizeof(loads) / sizeof(loads[0]); l++) {
                struct sample_table old, grown;
                if (kinds[k].slot_bytes * capacities[c] > 8u << 20)
                    continue;
                make_table(&old, &kinds[k], capacities[c], loads[l], 100 * k + l);
                table_grow(&old, &grown);
                struct comparison comparison =
                    compare_tables(&old, &grown, (uint32_t)kinds[k].key_bytes, false);
                if (comparison.signature != SIGNATURE_SCATTERED)
                    fail_msg("%zu slots of %zu bytes at load %.2f: signature %d", capacities[c],
                             kinds[k].slot_bytes, loads[l], comparison.signature);
                assert_true(comparison.moved_ppm > 250000);
                assert_true(
                    signature_allows_slot(&comparison, kinds[k].slot_bytes / kinds[k].key_bytes));
                table_free(&old);
                table_free(&grown);
            }
}

/* The displacements rule out what cannot be a slot: three times a slot, a slot and a half. */
static void test_slots_of_other_sizes_are_ruled_out(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct sample_table old, grown;
        size_t units = kinds[k].slot_bytes / kinds[k].key_bytes;
        make_table(&old, &kinds[k], 8192, 0.7, k);
        table_grow(&old, &grown);
        struct comparison comparison =
            compare_tables(&old, &grown, (uint32_t)kinds[k].key_bytes, false);
        for (size_t other = 1; other <= SIGNATURE_MOST_SLOT_UNITS; other++)
            if (units % other != 0 && signature_allows_slot(&comparison, other))
                fail_msg("slots of %zu words, but %zu are allowed", units, other);
        assert_false(signature_allows_slot(&comparison, 0));
        assert_false(signature_allows_slot(&comparison, SIGNATURE_MOST_SLOT_UNITS + 1));
        table_free(&old);
        table_free(&grown);
    }
}

/* Keys and values are small numbers that occur all over the array: only key and value together say
 * where an entry went. */
static void test_small_numbers_are_compared_in_pairs(void **state)
{
    (void)state;
    struct sample_table old, grown;
    table_make(&old, 8192, 16, 8, PROBE_LINEAR, 0);
    for (uint64_t key = 1; key <= 5000; key++)
        table_insert(&old, key, key * 7 % 5000 + 1);
    table_grow(&old, &grown);
    struct comparison comparison = compare_tables(&old, &grown, 8, true);
    assert_int_equal(comparison.signature, SIGNATURE_SCATTERED);
    assert_true(signature_allows_slot(&comparison, 2));
    table_free(&old);
    table_free(&grown);
}

/* Relinking leaves about half of the old heads in front of a chain. */
static void test_relinked_chains_are_scattered(void **state)
{
    (void)state;
    for (size_t capacity = 512; capacity <= 131072; capacity *= 16) {
        struct sample_chains old, grown;
        struct readable readable;
        uint64_t random = capacity;
        chains_make(&old, capacity, capacity, &random); /* load 1 */
        chains_grow(&old, &grown);
        readable_begin(&readable);
        readable_add(&readable, old.buckets, capacity * 8);
        readable_add(&readable, grown.buckets, capacity * 16);
        struct comparison comparison = compare_memory(&readable, old.buckets, capacity * 8,
                                                      grown.buckets, capacity * 16, 8, false);
        assert_int_equal(comparison.signature, SIGNATURE_SCATTERED);
        assert_int_equal(readable.refused, 0);
        chains_free(&old);
        chains_free(&grown);
    }
}

/* A table that was copied as a whole (a snapshot of it, a clone) did not grow. */
static void test_a_copied_table_is_copied(void **state)
{
    (void)state;
    struct sample_table table;
    struct readable readable;
    make_table(&table, &kinds[1], 16384, 0.7, 13);
    unsigned char *copy = calloc(2, table_bytes(&table));
    assert_non_null(copy);
    memcpy(copy, table.slots, table_bytes(&table));
    readable_begin(&readable);
    readable_add(&readable, table.slots, table_bytes(&table));
    readable_add(&readable, copy, 2 * table_bytes(&table));
    struct comparison comparison = compare_memory(&readable, table.slots, table_bytes(&table), copy,
                                                  2 * table_bytes(&table), 8, false);
    assert_int_equal(comparison.signature, SIGNATURE_COPIED);
    free(copy);
    table_free(&table);
}

/* Of arrays that are not searched whole the answer must be the same. */
static void test_a_table_of_64_mebibytes(void **state)
{
    (void)state;
    struct sample_table old, grown;
    make_table(&old, &kinds[3], 1 << 20, 0.7, 14); /* 32 MiB, 64 MiB after growing */
    table_grow(&old, &grown);
    struct comparison comparison = compare_tables(&old, &grown, 8, false);
    assert_int_equal(comparison.signature, SIGNATURE_SCATTERED);
    assert_true(signature_allows_slot(&comparison, 4));
    memcpy(grown.slots, old.slots, table_bytes(&old));
    memset(grown.slots + table_bytes(&old), 0, table_bytes(&old));
    assert_int_equal(compare_tables(&old, &grown, 8, false).signature, SIGNATURE_COPIED);
    table_free(&old);
    table_free(&grown);
}

#define HUGE_OLD (1ull << 45)
#define HUGE_NEW (1ull << 46)

/* Memory at both places holds the same words, each another one: a vector that was copied. */
static bool read_huge(const struct memory_reader *reader, uint64_t address, void *into,
                      size_t bytes)
{
    (void)reader;
    uint64_t offset = address & (HUGE_OLD - 1);
    for (size_t i = 0; i < bytes; i++) {
        uint64_t state = (offset + i) / 8;
        uint64_t word = random_word(&state) | 1;
        ((unsigned char *)into)[i] = (unsigned char)(word >> (offset + i) % 8 * 8);
    }
    return true;
}

/* Offsets in words beyond 32 bits. */
static void test_arrays_of_many_gibibytes(void **state)
{
    (void)state;
    struct memory_reader reader = {.read = read_huge};
    struct comparison comparison;
    assert_true(
        signature_sample(&reader, HUGE_OLD, 96ull << 30, 8, false, &work.sample, work.piece));
    assert_true(work.sample.words[work.sample.count - 1].offset > 11ull << 30);
    for (uint32_t i = 1; i < work.sample.count; i++)
        assert_true(work.sample.words[i].offset > work.sample.words[i - 1].offset);
    signature_compare(&reader, HUGE_NEW, 192ull << 30, SIGNATURE_SEARCH_ALL, &work, &comparison);
    assert_int_equal(comparison.signature, SIGNATURE_COPIED);
    assert_true(comparison.found_ppm > 990000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_vector_is_copied),
        cmocka_unit_test(test_a_sparse_vector_is_copied),
        cmocka_unit_test(test_an_insertion_is_no_rehash),
        cmocka_unit_test(test_a_ring_is_shifted),
        cmocka_unit_test(test_a_gap_buffer_is_shifted),
        cmocka_unit_test(test_a_matrix_with_longer_rows_is_no_rehash),
        cmocka_unit_test(test_a_sorted_vector_is_no_rehash),
        cmocka_unit_test(test_sorted_entries_with_more_room_are_no_rehash),
        cmocka_unit_test(test_evenly_spread_entries_are_no_rehash),
        cmocka_unit_test(test_a_table_in_the_order_of_its_hashes_is_scattered),
        cmocka_unit_test(test_interleaving_two_columns_is_no_rehash),
        cmocka_unit_test(test_text_is_no_rehash),
        cmocka_unit_test(test_unrelated_arrays),
        cmocka_unit_test(test_zeros_and_ones_say_nothing),
        cmocka_unit_test(test_tiny_arrays_say_nothing),
        cmocka_unit_test(test_memory_that_is_gone),
        cmocka_unit_test(test_a_hash_table_is_scattered),
        cmocka_unit_test(test_slots_of_other_sizes_are_ruled_out),
        cmocka_unit_test(test_small_numbers_are_compared_in_pairs),
        cmocka_unit_test(test_relinked_chains_are_scattered),
        cmocka_unit_test(test_a_copied_table_is_copied),
        cmocka_unit_test(test_arrays_of_many_gibibytes),
        cmocka_unit_test(test_a_table_of_64_mebibytes),
    };
    return RUN(tests);
}
