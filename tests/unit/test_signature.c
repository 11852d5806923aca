/* What the rehash signature says of hash tables that grew, and of the largest arrays:
 * signature.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sample_tables.h"
#include "signature_arrays.h"

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

#define THINNED_WORDS 128u

/* What a fingerprint keeps is what it would keep of a sample of all runs. */
static void assert_is_thinned(const struct sample *all, const struct sample *thinned)
{
    uint32_t every = all->count ? (all->count + THINNED_WORDS - 1) / THINNED_WORDS : 1;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->count && kept < THINNED_WORDS; i++) {
        if (all->words[i].run % every != 0)
            continue;
        assert_true(kept < thinned->count);
        assert_int_equal(thinned->words[kept].offset, all->words[i].offset);
        assert_int_equal(thinned->words[kept].run, all->words[i].run);
        assert_true(thinned->words[kept].word == all->words[i].word);
        kept++;
    }
    assert_int_equal(thinned->count, kept);
}

static void test_a_thinned_sample_is_a_part_of_the_whole(void **state)
{
    static unsigned char piece[65536 + 8];
    static struct sample all, thinned;
    static uint64_t words[40000];
    static const size_t bytes[] = {1024, 3000, 16384, 16392, 320000};
    uint64_t seed = 5;
    (void)state;
    for (unsigned percent = 0; percent <= 100; percent += 4)
        for (unsigned way = 0; way < 4; way++) {
            struct readable readable;
            bool are_indices = way >= 2;
            uint32_t unit = way % 2 ? 4 : 8;
            for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                uint64_t word = random_word(&seed);
                words[i] = word % 100 >= percent ? 0
                           : are_indices         ? (word >> 8 & 0x1ff001ff) | 1ull << 32
                                                 : word;
            }
            readable_begin(&readable);
            readable_add(&readable, words, sizeof(words));
            for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
                struct whole_sample whole;
                const uint64_t address = (uint64_t)(uintptr_t)words;
                assert_true(signature_sample(&readable.reader, address, bytes[i], unit, false, &all,
                                             piece));
                assert_true(signature_sample_thinned(&readable.reader, address, bytes[i], unit,
                                                     THINNED_WORDS, &thinned, piece, &whole));
                assert_int_equal(whole.count, all.count);
                assert_int_equal(whole.are_indices, signature_is_of_indices(&all));
                assert_is_thinned(&all, &thinned);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thinned_sample_is_a_part_of_the_whole),
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
