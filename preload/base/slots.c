/*
 * The index behind shards and sites: see slots.h. Touches only memory of its own.
 */
#include "slots.h"

#include "hot.h"
#include "system.h"

static void place(struct slot *table, uint32_t mask, struct slot entry)
{
    uint32_t at = entry.hash & mask;
    while (table[at].index != 0)
        at = (at + 1) & mask;
    table[at] = entry;
}

static bool slots_grow(struct slots *slots)
{
    uint32_t capacity =
        slots->capacity >= SLOTS_FIRST_CAPACITY ? slots->capacity * 2 : SLOTS_FIRST_CAPACITY;
    struct slot *table = system_map((size_t)capacity * sizeof(*table));
    if (!table)
        return false;
    for (uint32_t i = 0; i < slots->capacity; i++)
        if (slots->table[i].index != 0)
            place(table, capacity - 1, slots->table[i]);
    if (slots->capacity >= SLOTS_FIRST_CAPACITY)
        system_unmap(slots->table, (size_t)slots->capacity * sizeof(*table));
    slots->table = table;
    slots->capacity = capacity;
    return true;
}

HOT bool slots_make_room(struct slots *slots)
{
    return (uint64_t)(slots->used + 1) * 10 <= (uint64_t)slots->capacity * 7 || slots_grow(slots) ||
           slots->used + 1 < slots->capacity;
}

bool slots_insert(struct slots *slots, uint32_t hash, uint32_t index)
{
    if (!slots_make_room(slots))
        return false;
    place(slots->table, slots->capacity - 1, (struct slot){.index = index, .hash = hash});
    slots_count(slots, 1);
    return true;
}

HOT void slots_remove(struct slots *slots, uint32_t position)
{
    uint32_t mask = slots->capacity - 1;
    uint32_t hole = position;
    for (uint32_t at = (hole + 1) & mask; slots->table[at].index != 0; at = (at + 1) & mask) {
        uint32_t home = slots->table[at].hash & mask;
        /* Move back unless its home lies cyclically in (hole, at]. */
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            slots->table[hole] = slots->table[at];
            hole = at;
        }
    }
    slots->table[hole] = (struct slot){0};
    slots_count(slots, UINT32_MAX);
}
