/*
 * A small open-addressing index from a hash to a record's number, in memory of our own.
 *
 * Linear probing, backward-shift deletion, so it never fills with tombstones; it doubles at load
 * 0.7. Keys are not stored: the caller compares records. Valid when zero-initialised. The owner's
 * lock protects it.
 */
#ifndef HASHTRACK_SLOTS_H
#define HASHTRACK_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

struct slot {
    uint32_t index; /* 0: empty */
    uint32_t hash;
};

struct slots {
    struct slot *table;
    uint32_t capacity; /* a power of two */
    uint32_t used;
};

#define SLOTS_FIRST_CAPACITY 512u /* a page; a smaller table is a part of somebody's mapping */

/* Adds a record. False when memory for growing was refused and there is no room left. */
bool slots_insert(struct slots *slots, uint32_t hash, uint32_t index);

/* Removes the entry at `position`. */
void slots_remove(struct slots *slots, uint32_t position);

/* Iterates over the entries with this hash: set *position = slots_first(...), then slots_next.
 * UINT32_MAX when there is none (any more). */
uint32_t slots_first(const struct slots *slots, uint32_t hash);
uint32_t slots_next(const struct slots *slots, uint32_t hash, uint32_t position);

#endif
