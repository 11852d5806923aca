/* Counting what a table without a known layout holds: occupancy.h and chains.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "occupancy.h"
#include "readable.h"
#include "sample_tables.h"
#include "slot_profile.h"

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static unsigned char window[PROFILE_WINDOW_BYTES];

struct scene {
    struct readable readable;
    struct layout_view view;
};

static void scene_begin(struct scene *scene)
{
    readable_begin(&scene->readable);
    scene->view = (struct layout_view){.reader = &scene->readable.reader, .scratch = scratch};
}

static struct block scene_block(struct scene *scene, const void *memory, size_t bytes)
{
    readable_add(&scene->readable, memory, bytes);
    return (struct block){.address = (uint64_t)(uintptr_t)memory, .bytes = bytes};
}

static struct block table_block(struct scene *scene, const struct sample_table *table)
{
    return scene_block(scene, table->slots, table_bytes(table));
}

/* As after a growth: the slots of this size are learnt. */
static struct slot_profile learn(struct scene *scene, const struct block *block, size_t slot_bytes)
{
    struct comparison comparison = {0};
    struct slot_profile profile;
    for (size_t n = 1; n <= slot_bytes / 8; n++)
        if (slot_bytes / 8 % n == 0)
            comparison.slot_units[(n - 1) / 64] |= 1ull << ((n - 1) % 64);
    assert_true(slot_profile_learn(&scene->readable.reader, block->address, block->bytes, 8,
                                   &comparison, window, &profile));
    return profile;
}

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

static void make_chained(struct scene *scene, struct sample_chains *chains, size_t capacity,
                         size_t live, struct block *block)
{
    uint64_t random = capacity + live;
    chains_make(chains, capacity, live, &random);
    scene_begin(scene);
    *block = scene_block(scene, chains->buckets, capacity * sizeof(*chains->buckets));
    readable_add(&scene->readable, chains->entries, live * sizeof(*chains->entries));
}

/* The same, and what is learnt of it: that its slots are heads of chains. */
static struct slot_profile learn_chained(struct scene *scene, struct sample_chains *chains,
                                         size_t capacity, size_t live, struct block *block)
{
    make_chained(scene, chains, capacity, live, block);
    struct slot_profile profile = learn(scene, block, 8);
    chains_learn(&scene->view, block, &profile);
    assert_true(profile.is_chained);
    return profile;
}

/* Within three of its own standard errors, whatever the load; the error must be small, too. */
static void test_chains_are_estimated(void **state)
{
    (void)state;
    for (size_t live = 4096; live <= 65536; live *= 2) {
        struct scene scene;
        struct sample_chains chains;
        struct block block;
        struct slot_profile profile = learn_chained(&scene, &chains, 32768, live, &block);
        /* Entries lie side by side here: the next pointer of the one behind is as good. */
        assert_int_equal(profile.chain_offset % sizeof(struct sample_entry), 0);
        struct table_reading reading = {0};
        assert_true(occupancy_read(&scene.view, &block, &profile, 0, &reading));
        double off = (double)reading.live - (double)live;
        assert_true(off < 3.5 * (double)reading.live_error + 2 &&
                    -off < 3.5 * (double)reading.live_error + 2);
        assert_true((double)reading.live_error < 0.1 * (double)live);
        assert_int_equal(reading.capacity, 32768);
        assert_int_equal(reading.entry_blocks, reading.live);
        chains_free(&chains);
    }
}

/* The entries were freed and their memory is gone: the occupancy alone gives the estimate. */
static void test_chains_that_cannot_be_followed(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_chains chains;
    struct block block;
    struct slot_profile profile = learn_chained(&scene, &chains, 32768, 32768, &block);
    scene.readable.count = 1;
    double mean, error;
    assert_false(chains_measure(&scene.view, &block, &profile, &mean, &error));
    struct table_reading reading = {0};
    assert_true(occupancy_read(&scene.view, &block, &profile, 0, &reading));
    assert_true(reading.live_error > 0);
    assert_true(reading.live > 30000 && reading.live < 36000);
    chains_free(&chains);
}

/* A chain that ends in itself must not hang the program. */
static void test_endless_chains(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_chains chains;
    struct block block;
    struct table_reading reading = {0};
    make_chained(&scene, &chains, 32768, 32768, &block);
    struct slot_profile profile = learn(&scene, &block, 8);
    chains_learn(&scene.view, &block, &profile);
    for (size_t i = 0; i < chains.live; i++)
        chains.entries[i].next = &chains.entries[i];
    double mean, error;
    assert_false(chains_measure(&scene.view, &block, &profile, &mean, &error));
    assert_true(occupancy_read(&scene.view, &block, &profile, 0, &reading));
    chains_free(&chains);
}

/* An open table of pointers is not chained, though its blocks hold pointers and zeros, too. */
static void test_boxed_entries_are_no_chains(void **state)
{
    (void)state;
    struct box {
        uint64_t key;
        uint64_t value;
    } *boxes = calloc(16384, sizeof(*boxes));
    struct scene scene;
    struct sample_table table;
    uint64_t random = 8;
    assert_non_null(boxes);
    table_make(&table, 32768, 8, 8, PROBE_LINEAR, 0);
    for (size_t i = 0; i < 16384; i++) {
        boxes[i] = (struct box){.key = random_word(&random) | 1, .value = random_word(&random) | 1};
        table_insert(&table, (uint64_t)(uintptr_t)&boxes[i], 0);
    }
    scene_begin(&scene);
    struct block block = table_block(&scene, &table);
    readable_add(&scene.readable, boxes, 16384 * sizeof(*boxes));
    struct slot_profile profile = learn(&scene, &block, 8);
    chains_learn(&scene.view, &block, &profile);
    assert_false(profile.is_chained);
    struct table_reading reading = {0};
    assert_true(occupancy_read(&scene.view, &block, &profile, 0, &reading));
    assert_int_equal(reading.live, 16384);
    table_free(&table);
    free(boxes);
}

/* Boxes that point at each other as often as entries of chains would: what is behind a link stands
 * in a slot of its own. What an allocator leaves in its free blocks is behind many. */
static void test_linked_boxes_are_no_chains(void **state)
{
    (void)state;
    for (int is_shared = 0; is_shared < 2; is_shared++) {
        struct box {
            struct box *link;
            uint64_t value;
        } *boxes = calloc(16385, sizeof(*boxes));
        struct scene scene;
        struct sample_table table;
        uint64_t random = 8;
        assert_non_null(boxes);
        table_make(&table, 32768, 8, 8, PROBE_LINEAR, 0);
        for (size_t i = 0; i < 16384; i++) {
            boxes[i].value = random_word(&random);
            if (random_word(&random) % 3 == 0)
                boxes[i].link = &boxes[is_shared ? 16384 : random_word(&random) % 16384];
            table_insert(&table, (uint64_t)(uintptr_t)&boxes[i], 0);
        }
        scene_begin(&scene);
        struct block block = table_block(&scene, &table);
        readable_add(&scene.readable, boxes, 16385 * sizeof(*boxes));
        struct slot_profile profile = learn(&scene, &block, 8);
        chains_learn(&scene.view, &block, &profile);
        assert_false(profile.is_chained);
        table_free(&table);
        free(boxes);
    }
}

/* A mark in the place of heads of chains: of slots, or of buckets whose chains are gone. Those that
 * are left are measured without it. */
static void test_marks_in_the_place_of_heads(void **state)
{
    (void)state;
    struct scene scene;
    struct sample_chains chains;
    struct block block;
    struct slot_profile profile = learn_chained(&scene, &chains, 32768, 32768, &block);
    uint64_t *heads = (uint64_t *)(void *)chains.buckets, left = 0, marked = 0;
    for (size_t i = 0; i < 32768; i++)
        if (heads[i] != 0 && i % 16 != 0) {
            heads[i] = UINT64_MAX;
            marked++;
        }
    for (size_t i = 0; i < 32768; i += 16)
        for (const struct sample_entry *entry = (void *)(uintptr_t)heads[i]; entry;
             entry = entry->next)
            left++;
    struct table_reading reading = {0};
    assert_true(occupancy_read(&scene.view, &block, &profile, 0, &reading));
    double off = (double)reading.live - (double)left;
    assert_true(off <= 3.5 * (double)reading.live_error + 2 &&
                -off <= 3.5 * (double)reading.live_error + 2);
    assert_int_equal(reading.tombstones, 0);

    /* Of single entries they are deleted slots. */
    for (size_t i = 0; i < chains.live; i++)
        chains.entries[i].next = NULL;
    left = 0;
    for (size_t i = 0; i < 32768; i += 16)
        left += heads[i] != 0;
    reading = (struct table_reading){0};
    assert_true(occupancy_read(&scene.view, &block, &profile, 0, &reading));
    assert_int_equal(reading.live, left);
    assert_int_equal(reading.tombstones, marked);
    assert_int_equal(reading.entry_blocks, 0);
    chains_free(&chains);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_slots_are_counted_exactly),
        cmocka_unit_test(test_a_hollow_table),
        cmocka_unit_test(test_deleted_keys_are_tombstones),
        cmocka_unit_test(test_deleted_keys_of_large_tables),
        cmocka_unit_test(test_new_states_are_no_proof),
        cmocka_unit_test(test_never_fewer_than_there_are),
        cmocka_unit_test(test_chains_are_estimated),
        cmocka_unit_test(test_chains_that_cannot_be_followed),
        cmocka_unit_test(test_endless_chains),
        cmocka_unit_test(test_boxed_entries_are_no_chains),
        cmocka_unit_test(test_linked_boxes_are_no_chains),
        cmocka_unit_test(test_marks_in_the_place_of_heads),
        cmocka_unit_test(test_states_that_no_growth_showed),
        cmocka_unit_test(test_a_second_array),
        cmocka_unit_test(test_entries_are_no_more_slots),
        cmocka_unit_test(test_nothing_can_be_said),
    };
    return RUN(tests);
}
