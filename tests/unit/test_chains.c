/* Entries behind the buckets of a table without a known layout: chains.h. */
#include "unit.h"

#include <stdlib.h>

#include "chains.h"
#include "occupancy.h"
#include "sample_tables.h"
#include "slot_scene.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains_are_estimated),
        cmocka_unit_test(test_chains_that_cannot_be_followed),
        cmocka_unit_test(test_endless_chains),
        cmocka_unit_test(test_boxed_entries_are_no_chains),
        cmocka_unit_test(test_linked_boxes_are_no_chains),
        cmocka_unit_test(test_marks_in_the_place_of_heads),
    };
    return RUN(tests);
}
