/* Which field of the entries is taken for the link of their chains: chains.h. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "occupancy.h"
#include "readable.h"

#define BUCKETS 16384u
#define ENTRIES (BUCKETS / 2)

/* The size is the allocator's; behind the fields, to the end of the block, is what was left there.
 */
struct entry {
    uint64_t key, value;
    struct entry *next, *previous, *rest;
    uint64_t others[3];
};

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));

struct scene {
    struct readable readable;
    struct layout_view view;
    struct block block;
    struct entry **buckets, *entries, *left;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){.buckets = calloc(BUCKETS, sizeof(struct entry *)),
                            .entries = calloc(ENTRIES, sizeof(struct entry)),
                            .left = calloc(ENTRIES, sizeof(struct entry))};
    assert_true(scene->buckets && scene->entries && scene->left);
    scene->block = (struct block){.address = (uint64_t)(uintptr_t)scene->buckets,
                                  .bytes = BUCKETS * sizeof(struct entry *)};
    readable_begin(&scene->readable);
    readable_add(&scene->readable, scene->buckets, scene->block.bytes);
    readable_add(&scene->readable, scene->entries, ENTRIES * sizeof(struct entry));
    readable_add(&scene->readable, scene->left, ENTRIES * sizeof(struct entry));
    scene->view = (struct layout_view){.reader = &scene->readable.reader, .scratch = scratch};
}

static void end(struct scene *scene)
{
    free(scene->buckets);
    free(scene->entries);
    free(scene->left);
}

static void link_entry(struct scene *scene, uint32_t nth, uint64_t hash)
{
    struct entry *entry = &scene->entries[nth], **bucket = &scene->buckets[hash % BUCKETS];
    entry->next = *bucket;
    if (entry->next)
        entry->next->previous = entry;
    *bucket = entry;
}

static struct slot_profile learn(struct scene *scene)
{
    struct slot_profile profile = {
        .slot_bytes = 8, .column_bytes = 8, .is_distinct = 1, .distinct_columns = 1};
    chains_learn(&scene->view, &scene->block, &profile);
    return profile;
}

/* Keys that differ little and a hash that puts several into one bucket: chains are longer than by
 * chance. In few blocks an address is left, which fits the share of empty buckets better. */
static void test_what_was_left_in_blocks_is_no_link(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct scene scene;
        uint64_t random = seed, hash = 0;
        begin(&scene);
        for (uint32_t i = 0; i < ENTRIES; i++) {
            hash = i == 0 || random_word(&random) % 5 < 2 ? random_word(&random) : hash;
            link_entry(&scene, i, hash);
            if (random_word(&random) % 40 == 0)
                scene.entries[i].rest = &scene.left[i];
        }
        struct slot_profile profile = learn(&scene);
        struct table_reading reading = {0};
        assert_true(profile.is_chained);
        assert_int_equal(profile.chain_offset, offsetof(struct entry, next));
        assert_true(occupancy_read(&scene.view, &scene.block, &profile, 0, &reading));
        assert_in_range(reading.live, ENTRIES - ENTRIES / 10, ENTRIES + ENTRIES / 10);
        end(&scene);
    }
}

/* A hash that spreads better than by chance leaves few entries behind others: they count. */
static void test_few_entries_behind_others_are_found(void **state)
{
    (void)state;
    struct scene scene;
    uint64_t random = 3;
    begin(&scene);
    for (uint32_t i = 0; i < ENTRIES / 2; i++)
        link_entry(&scene, i, random_word(&random) % 6 == 0 ? random_word(&random) : i * 5u);
    struct slot_profile profile = learn(&scene);
    assert_true(profile.is_chained);
    assert_int_equal(profile.chain_offset, offsetof(struct entry, next));
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_left_in_blocks_is_no_link),
        cmocka_unit_test(test_few_entries_behind_others_are_found),
    };
    return RUN(tests);
}
