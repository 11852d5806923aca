/* What is learnt about the slots of a table that has just grown: slot_profile.h. */
#include "unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "readable.h"
#include "sample_tables.h"
#include "slot_profile.h"

static unsigned char window[PROFILE_WINDOW_BYTES];

/* Any slot size may be the right one. */
static const struct comparison anything = {.slot_units = {UINT64_MAX, UINT64_MAX}};

static struct comparison only_slot(size_t units)
{
    struct comparison comparison = {0};
    for (size_t n = 1; n <= units; n++)
        if (units % n == 0)
            comparison.slot_units[(n - 1) / 64] |= 1ull << ((n - 1) % 64);
    return comparison;
}

static bool learn_memory(const void *memory, size_t bytes, uint32_t unit,
                         const struct comparison *comparison, struct slot_profile *profile)
{
    struct readable readable;
    readable_begin(&readable);
    readable_add(&readable, memory, bytes);
    bool is_learnt = slot_profile_learn(&readable.reader, (uint64_t)(uintptr_t)memory, bytes, unit,
                                        comparison, window, profile);
    assert_int_equal(readable.refused, 0);
    return is_learnt;
}

static bool learn(const struct sample_table *table, struct slot_profile *profile)
{
    struct comparison comparison = only_slot(table->slot_bytes / table->key_bytes);
    return learn_memory(table->slots, table_bytes(table), (uint32_t)table->key_bytes, &comparison,
                        profile);
}

/* Values are random, or small numbers of which some are zero. */
static void fill_to(struct sample_table *table, double load, bool small_values)
{
    uint64_t random = table->slot_bytes;
    while ((double)table->live < load * (double)table->capacity) {
        uint64_t key = random_word(&random), value = random_word(&random);
        table_insert(table, table->key_bytes == 4 ? (uint32_t)key : key,
                     small_values ? value % 4 : value);
    }
}

static void test_slots_of_all_sizes(void **state)
{
    (void)state;
    static const struct {
        size_t slot_bytes, key_bytes;
        uint64_t empty_key;
    } kinds[] = {
        {8, 8, 0},  {16, 8, 0},          {24, 8, 0}, {32, 8, UINT64_MAX}, {40, 8, 0},
        {48, 8, 0}, {64, 8, 0x55555555}, {72, 8, 0}, {128, 8, 0},         {256, 8, 0},
        {4, 4, 0},  {8, 4, UINT32_MAX},  {12, 4, 0}, {20, 4, 0},          {28, 4, 0},
    };
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        for (size_t capacity = 1024; capacity <= 65536; capacity *= 8) {
            struct sample_table table;
            struct slot_profile profile;
            table_make(&table, capacity, kinds[k].slot_bytes, kinds[k].key_bytes, PROBE_LINEAR,
                       kinds[k].empty_key);
            fill_to(&table, 0.4, false);
            assert_true(learn(&table, &profile));
            assert_int_equal(profile.slot_bytes, kinds[k].slot_bytes);
            assert_int_equal(profile.column_bytes, kinds[k].key_bytes);
            assert_int_equal(profile.header_bytes, 0);
            assert_true(profile.is_distinct);
            assert_true(profile.column + profile.column_bytes <= profile.slot_bytes);
            assert_int_equal(slot_profile_capacity(&profile, table_bytes(&table)), capacity);
            if (profile.column == 0)
                assert_int_equal(profile.empty_value, kinds[k].empty_key);
            table_free(&table);
        }
}

/* Zero is a common value, so only the key's column tells empty slots from occupied ones. */
static void test_the_column_is_the_one_that_tells(void **state)
{
    (void)state;
    struct sample_table table;
    struct slot_profile profile;
    table_make(&table, 8192, 32, 8, PROBE_LINEAR, 0);
    fill_to(&table, 0.45, true);
    assert_true(learn(&table, &profile));
    assert_int_equal(profile.slot_bytes, 32);
    assert_int_equal(profile.column, 0);
    assert_int_equal(profile.empty_value, 0);
    table_free(&table);
}

/* The array begins with a header that is no whole slot: a size, a mask, a count. */
static void test_a_header_before_the_slots(void **state)
{
    (void)state;
    for (size_t header = 8; header <= 16; header += 8) {
        struct sample_table table;
        struct slot_profile profile;
        struct comparison comparison = only_slot(3);
        table_make(&table, 4096, 24, 8, PROBE_LINEAR, 0);
        fill_to(&table, 0.45, false);
        unsigned char *block = malloc(header + table_bytes(&table));
        assert_non_null(block);
        memset(block, 0x11, header);
        memcpy(block + header, table.slots, table_bytes(&table));
        assert_true(learn_memory(block, header + table_bytes(&table), 8, &comparison, &profile));
        assert_int_equal(profile.slot_bytes, 24);
        assert_int_equal(profile.header_bytes, header);
        assert_int_equal(slot_profile_capacity(&profile, header + table_bytes(&table)), 4096);
        free(block);
        table_free(&table);
    }
}

/* Addresses behind the 20 bytes in which an allocator keeps its own: words from the block's first
 * byte on have half of one and half of the next, and seem to be slots, too. */
static void test_a_header_that_is_half_a_slot_longer(void **state)
{
    (void)state;
    enum { HEADER = 20, SLOTS = 4096 };
    static unsigned char block[HEADER + 8 * SLOTS];
    uint64_t random = 41;
    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t word = 0x7f0000000004u + (random_word(&random) % (1u << 30) / 8 * 8);
        word = random_word(&random) % 4 == 0 ? 0 : word;
        memcpy(block + HEADER + 8 * i, &word, sizeof(word));
    }
    struct slot_profile profile;
    assert_true(learn_memory(block, sizeof(block), 8, &anything, &profile));
    assert_int_equal(profile.slot_bytes, 8);
    assert_int_equal(profile.header_bytes % 8, HEADER % 8);
    assert_true(profile.is_distinct);
}

static void test_a_state_byte_is_found(void **state)
{
    (void)state;
    struct {
        uint64_t key;
        uint32_t state;
        uint32_t count;
    } *slots = calloc(4096, sizeof(*slots));
    struct comparison comparison = only_slot(2);
    struct slot_profile profile;
    uint64_t random = 1;
    assert_non_null(slots);
    for (size_t i = 0; i < 4096; i++)
        if (random_word(&random) % 10 < 4) {
            slots[i].key = random_word(&random);
            slots[i].state = 1;
            slots[i].count = (uint32_t)(random_word(&random) % 1000);
        }
    assert_true(learn_memory(slots, 4096 * sizeof(*slots), 8, &comparison, &profile));
    assert_int_equal(profile.slot_bytes, 16);
    assert_true(profile.has_marker);
    assert_int_equal(profile.marker_offset, 8);
    assert_int_equal(profile.marker_value, 1);
    free(slots);
}

/* The high bytes of heap addresses are as constant as a state until the heap moves on. */
static void test_a_pointer_has_no_state_byte(void **state)
{
    (void)state;
    struct {
        uint64_t hash;
        uint64_t entry;
    } *slots = calloc(4096, sizeof(*slots));
    struct comparison comparison = only_slot(2);
    struct slot_profile profile;
    uint64_t random = 2;
    assert_non_null(slots);
    for (size_t i = 0; i < 4096; i++)
        if (random_word(&random) % 10 < 4) {
            slots[i].hash = random_word(&random);
            slots[i].entry = 0x5601020000 + random_word(&random) % 4096 * 16;
        }
    assert_true(learn_memory(slots, 4096 * sizeof(*slots), 8, &comparison, &profile));
    assert_false(profile.has_marker);
    free(slots);
}

/* Nothing distinguishes empty slots: neither a full array, nor an empty one, nor noise. */
/* Slots that nobody clears hold what an allocator fills its memory with, and those in use zeros in
 * some columns: the room behind a short text. */
#define FILLED_SLOTS 1000u

static void test_unused_slots_may_be_filled_with_a_byte(void **state)
{
    (void)state;
    static uint64_t slots[FILLED_SLOTS][5];
    static const struct {
        int byte;
        uint32_t unit;
    } ways[] = {{0x5a, 8}, {0xff, 8}, {0x01, 8}, {0xf6, 4}};
    for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
        struct slot_profile profile;
        struct comparison comparison = only_slot(sizeof(slots[0]) / ways[way].unit);
        uint64_t random = way + 1, filling = 0;
        memset(slots, ways[way].byte, sizeof(slots));
        memcpy(&filling, slots[0], ways[way].unit);
        for (size_t i = 0; i < FILLED_SLOTS; i++) {
            if (random_word(&random) % 2 == 0)
                continue;
            for (size_t word = 0; word < 5; word++)
                slots[i][word] = word < 3 ? random_word(&random) : 0;
        }
        assert_true(learn_memory(slots, sizeof(slots), ways[way].unit, &comparison, &profile));
        assert_int_equal(profile.slot_bytes, sizeof(slots[0]));
        assert_int_equal(profile.column, 0);
        assert_true(profile.empty_value == filling);
    }
}

static void test_what_has_no_slots(void **state)
{
    (void)state;
    static uint64_t words[8192];
    struct slot_profile profile;
    uint64_t random = 3;
    assert_false(learn_memory(words, sizeof(words), 8, &anything, &profile));
    assert_int_equal(profile.slot_bytes, 0);
    for (size_t i = 0; i < 8192; i++)
        words[i] = random_word(&random);
    for (size_t units = 1; units <= 64; units++) {
        struct comparison comparison = only_slot(units);
        assert_false(learn_memory(words, sizeof(words), 8, &comparison, &profile));
        assert_int_equal(profile.slot_bytes, 0);
        assert_false(learn_memory(words, sizeof(words), 4, &comparison, &profile));
    }
}

static void test_too_few_slots_prove_nothing(void **state)
{
    (void)state;
    static uint64_t words[64];
    struct slot_profile profile;
    for (size_t bytes = 1; bytes <= sizeof(words); bytes++) {
        words[0] = 0x12345;
        if (learn_memory(words, bytes, 8, &anything, &profile))
            assert_true(slot_profile_capacity(&profile, bytes) >= 24);
    }
}

static void test_memory_that_is_gone(void **state)
{
    (void)state;
    struct readable readable;
    struct slot_profile profile = {.slot_bytes = 16};
    readable_begin(&readable);
    assert_false(
        slot_profile_learn(&readable.reader, 0x10000, 65536, 8, &anything, window, &profile));
    assert_int_equal(profile.slot_bytes, 0);
}

/* 1024 slots and a few behind the last home bucket are 1024 slots; 1536 are 1536. */
static void test_the_capacity_of_an_array(void **state)
{
    (void)state;
    struct slot_profile profile = {.slot_bytes = 16, .header_bytes = 8};
    assert_int_equal(slot_profile_capacity(&profile, 8 + 1024 * 16), 1024);
    assert_int_equal(slot_profile_capacity(&profile, 8 + 1060 * 16), 1024);
    assert_int_equal(slot_profile_capacity(&profile, 8 + 1536 * 16), 1536);
    assert_int_equal(slot_profile_capacity(&profile, 8 + 1009 * 16), 1009); /* a prime */
    assert_int_equal(slot_profile_capacity(&profile, 8 + 16), 1);
    assert_int_equal(slot_profile_capacity(&profile, 8 + 15), 0);
    assert_int_equal(slot_profile_capacity(&profile, 8), 0);
    assert_int_equal(slot_profile_capacity(&profile, 7), 0);
    assert_int_equal(slot_profile_capacity(&(struct slot_profile){0}, 4096), 0);
    profile = (struct slot_profile){.slot_bytes = 1};
    assert_int_equal(slot_profile_capacity(&profile, 1ull << 46), 1ull << 46);
    /* Heads of chains have no room behind them for what probes further, but for a sentinel. */
    profile = (struct slot_profile){.slot_bytes = 8, .column_bytes = 8, .is_chained = 1};
    assert_int_equal(slot_profile_capacity(&profile, 1025 * 8), 1024);
    assert_int_equal(slot_profile_capacity(&profile, 8419 * 8), 8419); /* a prime */
}

/* What another process was just writing may be anything, and is not counted by. */
static void test_a_spoilt_profile_is_known(void **state)
{
    (void)state;
    const struct slot_profile sound = {.slot_bytes = 16, .column = 8, .column_bytes = 8};
    struct slot_profile spoilt[] = {sound, sound, sound, sound, sound, sound, sound, {0}};
    assert_true(slot_profile_is_sound(&sound));
    spoilt[0].column = 9;
    spoilt[1].column = UINT32_MAX - 7; /* the end of the column wraps around */
    spoilt[2].column_bytes = 16;
    spoilt[3].slot_bytes = 4;
    spoilt[4].marker_offset = 16;
    spoilt[5].marker_value = 256;
    spoilt[6].column_bytes = 4;
    spoilt[6].is_chained = 1;
    for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++)
        assert_false(slot_profile_is_sound(&spoilt[i]));
}

/* Numbered keys and a hash that keeps them neighbours: heads of chains in long stretches, among
 * which slots of half a KiB seem to fit. The one or the other number makes them slots of that size.
 */
static void test_stretches_of_heads(void **state)
{
    (void)state;
    const size_t capacity = 65536, stretch = 512;
    uint64_t *heads = calloc(capacity, sizeof(*heads));
    struct slot_profile profile;
    assert_non_null(heads);
    for (size_t i = 0; i < capacity; i++)
        if (i / stretch % 3 != 0)
            heads[i] = 0x5555555592a0ull + 48 * i;
    assert_true(learn_memory(heads, 8 * capacity, 8, &anything, &profile));
    assert_int_equal(profile.slot_bytes, 8);
    assert_int_equal(profile.empty_value, 0);
    for (size_t i = 0; i < capacity; i += 64)
        if (heads[i] != 0)
            heads[i + 1] = i + 1;
    assert_true(learn_memory(heads, 8 * capacity, 8, &anything, &profile));
    assert_true(profile.slot_bytes > 64);
    free(heads);
}

/* Slots of half words, compared by words: two of them are as long as some words, and show as one.
 */
static void test_pairs_of_slots(void **state)
{
    (void)state;
    enum { SLOTS = 12001, SLOT = 12, BUCKETS = 4000, BUCKET = 72 };
    static uint32_t slots[SLOTS * SLOT / 4], buckets[BUCKETS * BUCKET / 4];
    struct slot_profile profile;
    uint64_t random = 1;
    memset(slots, 0, sizeof(slots));
    for (unsigned i = 0; i < SLOTS; i++) {
        bool is_used = random_word(&random) % 100 < 55;
        for (unsigned word = 0; is_used && word < SLOT / 4; word++)
            slots[i * SLOT / 4 + word] = (uint32_t)random_word(&random) | 1;
    }
    assert_true(learn_memory(slots, sizeof(slots), 8, &anything, &profile));
    assert_int_equal(profile.slot_bytes, SLOT);
    assert_int_equal(profile.column_bytes, 4);
    assert_int_equal(slot_profile_capacity(&profile, sizeof(slots)), SLOTS);

    /* Buckets of four, which are filled from the first on, and what is behind these are none. */
    memset(buckets, 0, sizeof(buckets));
    for (unsigned i = 0; i < BUCKETS; i++)
        for (unsigned entry = 0, live = (unsigned)(random_word(&random) % 5); entry < live;
             entry++) {
            buckets[i * BUCKET / 4 + entry * 4] = (uint32_t)random_word(&random) | 1;
            buckets[i * BUCKET / 4 + entry * 4 + 2] = 7;
            buckets[i * BUCKET / 4 + 17] = live;
        }
    assert_true(learn_memory(buckets, sizeof(buckets), 8, &anything, &profile));
    assert_int_not_equal(profile.slot_bytes, BUCKET / 2);
}

static void test_the_logarithm(void **state)
{
    (void)state;
    for (double x = 1e-12; x < 1e12; x *= 1.37)
        assert_float_equal(slot_profile_log(x), log(x), 1e-9);
    assert_float_equal(slot_profile_log(1), 0, 1e-12);
    assert_true(slot_profile_log(4e-324) < -700); /* the smallest there is: it ends */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_of_all_sizes),
        cmocka_unit_test(test_the_column_is_the_one_that_tells),
        cmocka_unit_test(test_a_header_before_the_slots),
        cmocka_unit_test(test_a_header_that_is_half_a_slot_longer),
        cmocka_unit_test(test_a_state_byte_is_found),
        cmocka_unit_test(test_a_pointer_has_no_state_byte),
        cmocka_unit_test(test_unused_slots_may_be_filled_with_a_byte),
        cmocka_unit_test(test_what_has_no_slots),
        cmocka_unit_test(test_too_few_slots_prove_nothing),
        cmocka_unit_test(test_memory_that_is_gone),
        cmocka_unit_test(test_the_capacity_of_an_array),
        cmocka_unit_test(test_a_spoilt_profile_is_known),
        cmocka_unit_test(test_stretches_of_heads),
        cmocka_unit_test(test_pairs_of_slots),
        cmocka_unit_test(test_the_logarithm),
    };
    return RUN(tests);
}
