/*
 * Linear probing with backward-shift deletion: no tombstones, so a slot is either empty or live.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_SLOT_COUNT = 16 };

static size_t slot_bytes(const struct table *table)
{
    return sizeof(uint64_t) + table->value_bytes;
}

static uint64_t *slot_at(const struct table *table, size_t index)
{
    return (uint64_t *)(table->slots + index * slot_bytes(table));
}

/* Where probing for `key` begins: the multiplier is 2^64 divided by the golden ratio, and the upper
 * half of the product depends on every bit of the key. */
static size_t home_of(const struct table *table, uint64_t key)
{
    return (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (table->slot_count - 1);
}

/* The slot that holds `key`, or the empty one where it belongs. */
static size_t find(const struct table *table, uint64_t key)
{
    size_t index = home_of(table, key);

    while (*slot_at(table, index) != 0 && *slot_at(table, index) != key)
        index = (index + 1) & (table->slot_count - 1);
    return index;
}

static int rebuild(struct table *table, size_t slot_count)
{
    struct table bigger = {.slot_count = slot_count, .value_bytes = table->value_bytes};

    bigger.slots = calloc(slot_count, slot_bytes(table));
    if (!bigger.slots)
        return -1;
    for (size_t i = 0; i < table->slot_count; i++) {
        const uint64_t *slot = slot_at(table, i);
        if (*slot != 0)
            memcpy(slot_at(&bigger, find(&bigger, *slot)), slot, slot_bytes(table));
    }
    bigger.live = table->live;
    free(table->slots);
    *table = bigger;
    return 0;
}

struct table table_new(size_t value_bytes)
{
    return (struct table){.value_bytes = value_bytes};
}

void *table_put(struct table *table, uint64_t key)
{
    if (table->live + 1 > table->slot_count / 4 * 3) {
        size_t slot_count = table->slot_count ? table->slot_count * 2 : SMALLEST_SLOT_COUNT;
        if (rebuild(table, slot_count) != 0)
            return NULL;
    }
    uint64_t *slot = slot_at(table, find(table, key));
    if (*slot == 0) {
        *slot = key;
        table->live++;
    }
    return slot + 1;
}

void *table_get(const struct table *table, uint64_t key)
{
    if (table->slot_count == 0)
        return NULL;
    uint64_t *slot = slot_at(table, find(table, key));
    return *slot == key ? slot + 1 : NULL;
}

void table_remove(struct table *table, uint64_t key)
{
    size_t mask = table->slot_count - 1;

    if (!table_get(table, key))
        return;
    size_t hole = find(table, key);

    /* Entries behind the hole move up, unless the hole lies before the place they belong to. */
    for (size_t i = (hole + 1) & mask; *slot_at(table, i) != 0; i = (i + 1) & mask) {
        size_t home = home_of(table, *slot_at(table, i));
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            memcpy(slot_at(table, hole), slot_at(table, i), slot_bytes(table));
            hole = i;
        }
    }
    memset(slot_at(table, hole), 0, slot_bytes(table));
    table->live--;
}

int table_recreate(struct table *table)
{
    size_t slot_count = SMALLEST_SLOT_COUNT;

    while (table->live > slot_count / 4 * 3)
        slot_count *= 2;
    return slot_count == table->slot_count ? 0 : rebuild(table, slot_count);
}

void table_free(struct table *table)
{
    free(table->slots);
    *table = table_new(table->value_bytes);
}
