/*
 * Memory in which a table without a known layout lies, and its slots as a growth teaches them: what
 * the tests of occupancy.h and chains.h have in common.
 */
#ifndef HASHTRACK_TEST_SLOT_SCENE_H
#define HASHTRACK_TEST_SLOT_SCENE_H

#include "readable.h"
#include "sample_tables.h"
#include "slot_profile.h"
#include "unit.h"

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static unsigned char window[PROFILE_WINDOW_BYTES];

struct scene {
    struct readable readable;
    struct layout_view view;
};

static inline void scene_begin(struct scene *scene)
{
    readable_begin(&scene->readable);
    scene->view = (struct layout_view){.reader = &scene->readable.reader, .scratch = scratch};
}

static inline struct block scene_block(struct scene *scene, const void *memory, size_t bytes)
{
    readable_add(&scene->readable, memory, bytes);
    return (struct block){.address = (uint64_t)(uintptr_t)memory, .bytes = bytes};
}

static inline struct block table_block(struct scene *scene, const struct sample_table *table)
{
    return scene_block(scene, table->slots, table_bytes(table));
}

/* As after a growth: the slots of this size are learnt. */
static inline struct slot_profile learn(struct scene *scene, const struct block *block,
                                        size_t slot_bytes)
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

#endif
