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

/* Read by others, too (registry_blocks). */
static inline void slots_count(struct slots *slots, uint32_t more)
{
    __atomic_store_n(&slots->used, slots->used + more, __ATOMIC_RELAXED);
}

/* Adds a record. False when memory for growing was refused and there is no room left. */
bool slots_insert(struct slots *slots, uint32_t hash, uint32_t index);

/* Removes the entry at `position`. */
void slots_remove(struct slots *slots, uint32_t position);

/* Room for one more, or false; and the record into the place that slots_seek found empty after
 * that. The same as slots_insert, for whoever has looked for the record just before. */
bool slots_make_room(struct slots *slots);
static inline void slots_fill(struct slots *slots, uint32_t position, uint32_t hash, uint32_t index)
{
    slots->table[position] = (struct slot){.index = index, .hash = hash};
    slots_count(slots, 1);
}

/* From that position on the first that has this hash or is empty. There must be room. */
static inline uint32_t slots_seek(const struct slots *slots, uint32_t hash, uint32_t position)
{
    const uint32_t mask = slots->capacity - 1;
    for (position &= mask; slots->table[position].index != 0; position = (position + 1) & mask)
        if (slots->table[position].hash == hash)
            break;
    return position;
}

/* Iterates over the entries with this hash: set *position = slots_first(...), then slots_next.
 * UINT32_MAX when there is none (any more). */
static inline uint32_t slots_next(const struct slots *slots, uint32_t hash, uint32_t position)
{
    position = slots_seek(slots, hash, position + 1);
    return slots->table[position].index != 0 ? position : UINT32_MAX;
}

static inline uint32_t slots_first(const struct slots *slots, uint32_t hash)
{
    return slots->capacity != 0 ? slots_next(slots, hash, hash - 1) : UINT32_MAX;
}

#endif
