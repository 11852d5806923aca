/* Counting what a table without a known layout holds: occupancy.h. test_chains.c has the chains. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "occupancy.h"
#include "sample_tables.h"
#include "slot_scene.h"

static struct table_reading count(struct scene *scene, const struct block *block,
                                  const struct slot_profile *profile)
{
    struct table_reading reading = {0};
    assert_true(occupancy_read(&scene->view, block, profile, 0, &reading));
    assert_int_equal(scene->readable.refused, 0);
    return reading;
}

static void fill_to(struct sample_table *table, double load, uint64_t seed)
{
    while ((double)table->live < load * (double)table->capacity)
        table_insert(table, random_word(&seed), random_word(&seed));
}

static void erase_slot(struct sample_table *table, size_t slot, uint64_t mark)
{
    memcpy(table->slots + slot * table->slot_bytes, &mark, sizeof(mark));
    table->live--;
}

static void test_open_slots_are_counted_exactly(void **state)
{
    (void)state;
    static const size_t slots[] = {8, 16, 24, 64};
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        struct scene scene;
        struct sample_table table;
        table_make(&table, 16384, slots[i], 8, PROBE_LINEAR, 0);
        fill_to(&table, 0.4, i);
        scene_begin(&scene);
        struct block block = table_block(&scene, &table);
        struct slot_profile profile = learn(&scene, &block, slots[i]);
        struct table_reading reading = count(&scene, &block, &profile);
        assert_int_equal(reading.capacity, 16384);
        assert_int_equal(reading.live, table.live);
        assert_int_equal(reading.slot_bytes, slots[i]);
        assert_int_equal(reading.tombstones, 0);
        assert_true(reading.flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND);
        assert_true(reading.known & DUMP_KNOWN_CAPACITY && reading.known & DUMP_KNOWN_LIVE);
        table_free(&table);
    }
}

/* Entries that were taken out leave empty slots (backward-shift deletion). */
static void test_a_hollow_table(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table table;
    table_make(&table, 16384, 16, 8, PROBE_LINEAR, 0);
    fill_to(&table, 0.4, 5);
    scene_begin(&scene);
    struct block block = table_block(&scene, &table);
    struct slot_profile profile = learn(&scene, &block, 16);
    for (size_t slot = 0; slot < table.capacity && table.live > 100; slot++)
        if (table_key(&table, slot) != 0)
            erase_slot(&table, slot, 0);
    assert_int_equal(count(&scene, &block, &profile).live, 100);
    for (size_t slot = 0; slot < table.capacity; slot++)
        if (table_key(&table, slot) != 0)
            erase_slot(&table, slot, 0);
    assert_int_equal(count(&scene, &block, &profile).live, 0);
    table_free(&table);
}

/* Keys differ; a key that stands in a quarter of the slots is the mark of a deleted one. */
static void test_deleted_keys_are_tombstones(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table table;
    table_make(&table, 16384, 16, 8, PROBE_LINEAR, 0);
    fill_to(&table, 0.4, 6);
    scene_begin(&scene);
    struct block block = table_block(&scene, &table);
    struct slot_profile profile = learn(&scene, &block, 16);
    size_t before = table.live;
    for (size_t slot = 0; slot < table.capacity && table.live > 1000; slot++)
        if (table_key(&table, slot) != 0)
            erase_slot(&table, slot, UINT64_MAX);
    struct table_reading reading = count(&scene, &block, &profile);
    assert_int_equal(reading.live, 1000);
    assert_int_equal(reading.tombstones, before - 1000);
    assert_true(reading.known & DUMP_KNOWN_TOMBSTONES);
    assert_false(reading.flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND);
    table_free(&table);
}

/* Of a large table a part of the slots shows the mark; how often it is there is counted in all. */
static void test_deleted_keys_of_large_tables(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table table;
    uint64_t random = 8;
    table_make(&table, 1u << 20, 16, 8, PROBE_LINEAR, 0);
    fill_to(&table, 0.6, 8);
    scene_begin(&scene);
    struct block block = table_block(&scene, &table);
    struct slot_profile profile = learn(&scene, &block, 16);
    size_t before = table.live;
    assert_int_equal(count(&scene, &block, &profile).tombstones, 0);
    for (size_t slot = 0; slot < table.capacity; slot++)
        if (table_key(&table, slot) != 0 && random_word(&random) % 5 < 2)
            erase_slot(&table, slot, UINT64_MAX);
    struct table_reading reading = count(&scene, &block, &profile);
    assert_int_equal(reading.live, table.live);
    assert_int_equal(reading.tombstones, before - table.live);
    assert_true(reading.known & DUMP_KNOWN_TOMBSTONES);
    table_free(&table);
}

/* A state in the slot that was not there at the growth, the key beside it: it may mark deleted
 * slots or ones that were used again, so that all may be live. */
static void test_new_states_are_no_proof(void **state)
{
    (void)state;
    struct {
        uint64_t key;
        uint32_t state;
        uint32_t value;
    } *slots = calloc(8192, sizeof(*slots));
    struct scene scene;
    uint64_t random = 7;
    size_t live = 0, deleted = 0;
    assert_non_null(slots);
    for (size_t i = 0; i < 8192; i++)
        if (random_word(&random) % 10 < 4) {
            slots[i].key = random_word(&random);
            slots[i].state = 1;
            slots[i].value = (uint32_t)random_word(&random);
        }
    scene_begin(&scene);
    struct block block = scene_block(&scene, slots, 8192 * sizeof(*slots));
    struct slot_profile profile = learn(&scene, &block, 16);
    for (size_t i = 0; i < 8192; i++) {
        if (slots[i].state == 1 && i % 5 != 0) {
            slots[i].state = 2;
            deleted++;
        }
        live += slots[i].state == 1;
    }
    struct table_reading reading = count(&scene, &block, &profile);
    assert_int_equal(reading.live, live + deleted);
    assert_int_equal(reading.tombstones, deleted);
    assert_false(reading.known & DUMP_KNOWN_TOMBSTONES);
    assert_true(reading.flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND);
    free(slots);
}

/* Stale bytes may be counted, a live entry is never missed: an estimate errs upwards. */
static void test_never_fewer_than_there_are(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct scene scene;
        struct sample_table table;
        uint64_t random = seed;
        table_make(&table, 4096, 24, 8, PROBE_ROBIN_HOOD, 0);
        fill_to(&table, 0.3, seed);
        scene_begin(&scene);
        struct block block = table_block(&scene, &table);
        struct slot_profile profile = learn(&scene, &block, 24);
        for (size_t slot = 0; slot < table.capacity; slot++)
            if (table_key(&table, slot) != 0 && random_word(&random) % 3 == 0)
                table.live--; /* deleted by a flag elsewhere: the slot keeps its bytes */
        assert_true(count(&scene, &block, &profile).live >= table.live);
        table_free(&table);
    }
}

/* Bits of the hash for each slot, of which a growth with few entries did not show each one. A mark
 * stands in very many slots, and no bits of a hash are as it is. */
static void test_states_that_no_growth_showed(void **state)
{
    (void)state;
    static unsigned char states[16384];
    struct scene scene;
    struct sample_table table;
    uint64_t random = 12, left = 0, deleted = 0;
    table_make(&table, sizeof(states), 16, 8, PROBE_LINEAR, 0);
    fill_to(&table, 0.6, 12);
    scene_begin(&scene);
    struct block block = table_block(&scene, &table);
    struct slot_profile profile = learn(&scene, &block, 16);
    uint64_t address = scene_block(&scene, states, sizeof(states)).address;
    memset(states, 0, sizeof(states));
    for (size_t slot = 0; slot < table.capacity; slot++)
        if (table_key(&table, slot) != 0) {
            states[slot] = (unsigned char)(0x80 | random_word(&random) % 128);
            profile.live_states[states[slot] / 64] |=
                states[slot] % 3 ? 1ull << states[slot] % 64 : 0;
        }
    profile.has_states = profile.states_sequence = 1;
    struct table_reading reading = {0};
    assert_true(occupancy_read(&scene.view, &block, &profile, address, &reading));
    assert_int_equal(reading.live, table.live);
    assert_int_equal(reading.tombstones, 0);
    for (size_t slot = 0; slot < table.capacity; slot++) {
        if (states[slot] != 0 && slot % 32 != 0) {
            states[slot] = 0x7f;
            deleted++;
        }
        left += states[slot] >= 0x80;
    }
    reading = (struct table_reading){0};
    assert_true(occupancy_read(&scene.view, &block, &profile, address, &reading));
    assert_int_equal(reading.live, left);
    assert_int_equal(reading.tombstones, deleted);
    /* Only one of many tags that no growth showed is as frequent by chance: it is live. */
    for (size_t slot = 0; slot < table.capacity; slot++)
        states[slot] = states[slot] == 0x7f ? 0x81 : states[slot];
    reading = (struct table_reading){0};
    profile.live_states[0x81 / 64] &= ~(1ull << 0x81 % 64);
    assert_true(occupancy_read(&scene.view, &block, &profile, address, &reading));
    assert_int_equal(reading.live, left + deleted);
    table_free(&table);
}

/* The two halves of a cuckoo table hold different entries; keys beside values hold the same. */
static void test_a_second_array(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table first, second;
    table_make(&first, 8192, 16, 8, PROBE_LINEAR, 0);
    table_make(&second, 8192, 16, 8, PROBE_LINEAR, 0);
    fill_to(&first, 0.4, 9);
    fill_to(&second, 0.3, 10);
    scene_begin(&scene);
    struct block block = table_block(&scene, &first), more = table_block(&scene, &second);
    struct slot_profile profile = learn(&scene, &block, 16);
    struct table_reading reading = count(&scene, &block, &profile);
    assert_true(occupancy_read_more(&scene.view, &block, &more, &profile, &reading));
    assert_int_equal(reading.capacity, 16384);
    assert_int_equal(reading.live, first.live + second.live);

    /* Values: something in every slot that has a key. */
    memset(second.slots, 0, table_bytes(&second));
    for (size_t slot = 0; slot < first.capacity; slot++)
        if (table_key(&first, slot) != 0)
            memset(second.slots + slot * 16, 0x33, 16);
    reading = count(&scene, &block, &profile);
    assert_false(occupancy_read_more(&scene.view, &block, &more, &profile, &reading));
    assert_int_equal(reading.capacity, 8192);
    assert_int_equal(reading.live, first.live);
    table_free(&first);
    table_free(&second);
}

/* Doubles beside their keys: those with few digits have zeros where a key is. So few are left that
 * two arrays of different keys would have nothing in the same places either. */
static void test_values_with_zeros_are_no_more_slots(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table first, second;
    table_make(&first, 32768, 8, 4, PROBE_LINEAR, 0);
    table_make(&second, 32768, 8, 4, PROBE_LINEAR, 0);
    fill_to(&first, 0.4, 13);
    scene_begin(&scene);
    struct block block = table_block(&scene, &first), more = table_block(&scene, &second);
    struct slot_profile profile = learn(&scene, &block, 8);
    profile.column_bytes = 4; /* as where the words of a growth were halves of slots */
    for (size_t slot = 0; slot < first.capacity; slot++)
        if (slot % 50 != 0 && table_key(&first, slot) != 0)
            memset(first.slots + slot * 8, 0, 8);
        else if (table_key(&first, slot) != 0)
            *(double *)(void *)(second.slots + slot * 8) = 1 + (double)(slot % 9) / 2;
    struct table_reading reading = count(&scene, &block, &profile);
    assert_in_range(reading.live, 200, 320);
    assert_false(occupancy_read_more(&scene.view, &block, &more, &profile, &reading));
    assert_int_equal(reading.capacity, 32768);
    table_free(&first);
    table_free(&second);
}

/* Slots of the numbers 0 to n - 1 that hold each of them once are entries. Of heads of chains there
 * are fewer than numbers. */
static void test_numbers_of_all_entries(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table table;
    uint64_t random = 14;
    table_make(&table, 16384, 8, 8, PROBE_LINEAR, UINT64_MAX);
    uint64_t *slots = (void *)table.slots, number = 0;
    for (size_t slot = 0; slot < table.capacity; slot++)
        slots[slot] = random_word(&random) % 8 < 5 ? number++ : UINT64_MAX;
    scene_begin(&scene);
    struct block block = table_block(&scene, &table);
    struct slot_profile profile = learn(&scene, &block, 8);
    profile.is_indexed = 1;
    struct table_reading reading = count(&scene, &block, &profile);
    assert_int_equal(reading.numbers, number);
    assert_int_equal(reading.live, number);
    assert_int_equal(reading.live_error, 0);
    for (size_t slot = 0; slot < table.capacity; slot++)
        if (slots[slot] != UINT64_MAX)
            slots[slot] += number / 2; /* as where each third head has another entry behind it */
    assert_in_range(count(&scene, &block, &profile).live, number * 11 / 10, number * 3 / 2);
    table_free(&table);
}

/* Slots of one pointer each, and the block that what they point at was cut from: as large, and full
 * of texts and numbers. */
static void test_entries_are_no_more_slots(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table pointers, others;
    uint64_t random = 11;
    table_make(&pointers, 8192, 8, 8, PROBE_LINEAR, 0);
    table_make(&others, 8192, 8, 8, PROBE_LINEAR, 0);
    uint64_t *slots = (void *)pointers.slots, *more = (void *)others.slots;
    for (size_t slot = 0; slot < pointers.capacity; slot++) {
        bool is_used = random_word(&random) % 3 == 0;
        slots[slot] = is_used ? (uint64_t)(uintptr_t)&more[slot] : 0;
        more[slot] = slot < 6000 ? random_word(&random) : 0;
    }
    scene_begin(&scene);
    struct block block = table_block(&scene, &pointers), entries = table_block(&scene, &others);
    struct slot_profile profile = learn(&scene, &block, 8);
    struct table_reading reading = count(&scene, &block, &profile);
    const uint64_t live = reading.live;
    assert_false(occupancy_read_more(&scene.view, &block, &entries, &profile, &reading));
    assert_int_equal(reading.live, live);
    for (size_t slot = 0; slot < others.capacity; slot++)
        more[slot] = random_word(&random) % 3 == 0 ? (uint64_t)(uintptr_t)&slots[slot] : 0;
    assert_true(occupancy_read_more(&scene.view, &block, &entries, &profile, &reading));
    assert_in_range(reading.live, live * 3 / 2, live * 5 / 2);
    table_free(&pointers);
    table_free(&others);
}

static void test_nothing_can_be_said(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_table table;
    struct table_reading reading = {0};
    struct slot_profile nothing = {0};
    table_make(&table, 4096, 16, 8, PROBE_LINEAR, 0);
    fill_to(&table, 0.4, 11);
    scene_begin(&scene);
    struct block block = table_block(&scene, &table);
    struct slot_profile profile = learn(&scene, &block, 16);
    assert_false(occupancy_read(&scene.view, &block, &nothing, 0, &reading));
    struct block tiny = {.address = block.address, .bytes = 15};
    assert_false(occupancy_read(&scene.view, &tiny, &profile, 0, &reading));
    struct block headless = {.address = block.address, .bytes = 7};
    profile.header_bytes = 8;
    assert_false(occupancy_read(&scene.view, &headless, &profile, 0, &reading));
    readable_forget(&scene.readable);
    assert_false(occupancy_read(&scene.view, &block, &profile, 0, &reading));
    assert_int_equal(reading.known, 0);
    table_free(&table);
}

/* The node at which all lists end stands in every second word, beside a lock that nobody holds: it
 * marks nothing as deleted. In words of both kinds of numbers it does. */
static void test_the_end_of_lists_is_no_tombstone(void **state)
{
    (void)state;
    static uint64_t words[16384];
    const uint64_t end = 0x555555560040u;
    const struct slot_profile profile = {.slot_bytes = 8, .column_bytes = 8, .is_distinct = 1};
    for (unsigned step = 2; step > 0; step--) {
        struct scene scene;
        memset(words, 0, sizeof(words));
        for (uint64_t i = 0; i < 8192; i++)
            words[step * i + step / 2] = i % 4 == 0 ? 0x7f0000001000u + 64 * i : end;
        scene_begin(&scene);
        struct block block = scene_block(&scene, words, sizeof(words));
        struct table_reading reading = count(&scene, &block, &profile);
        assert_int_equal(reading.live, step == 2 ? 8192 : 2048);
        assert_int_equal(reading.known & DUMP_KNOWN_TOMBSTONES ? reading.tombstones : 0,
                         step == 2 ? 0 : 6144);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_slots_are_counted_exactly),
        cmocka_unit_test(test_a_hollow_table),
        cmocka_unit_test(test_deleted_keys_are_tombstones),
        cmocka_unit_test(test_deleted_keys_of_large_tables),
        cmocka_unit_test(test_new_states_are_no_proof),
        cmocka_unit_test(test_never_fewer_than_there_are),
        cmocka_unit_test(test_states_that_no_growth_showed),
        cmocka_unit_test(test_a_second_array),
        cmocka_unit_test(test_values_with_zeros_are_no_more_slots),
        cmocka_unit_test(test_numbers_of_all_entries),
        cmocka_unit_test(test_entries_are_no_more_slots),
        cmocka_unit_test(test_nothing_can_be_said),
        cmocka_unit_test(test_the_end_of_lists_is_no_tombstone),
    };
    return RUN(tests);
}
