/* A table that no layout knows: linear probing at load 0.7, grown with malloc and free. */
#ifndef HASHTRACK_TESTS_PRIVATE_TABLE_H
#define HASHTRACK_TESTS_PRIVATE_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct slot {
    uint64_t key, value;
};

struct table {
    size_t live;
    size_t capacity;
    struct slot *slots;
};

/* c_hidden.c: a table two pointers away, behind a type that only that file knows. */
struct hidden;
struct hidden *hidden_make(void);
struct table *hidden_table(struct hidden *hidden);

static inline uint64_t mix(uint64_t key)
{
    key *= 0x9E3779B97F4A7C15ull;
    return key ^ key >> 29;
}

static inline void grow(struct table *table)
{
    struct table bigger = {.capacity = table->capacity ? 2 * table->capacity : 64};
    bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots));
    if (!bigger.slots)
        abort();
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].key == 0)
            continue;
        size_t at = mix(table->slots[i].key) % bigger.capacity;
        while (bigger.slots[at].key != 0)
            at = (at + 1) % bigger.capacity;
        bigger.slots[at] = table->slots[i];
        bigger.live++;
    }
    free(table->slots);
    *table = bigger;
}

static inline void insert(struct table *table, uint64_t key)
{
    if (table->live * 10 >= table->capacity * 7)
        grow(table);
    size_t at = mix(key) % table->capacity;
    while (table->slots[at].key != 0 && table->slots[at].key != key)
        at = (at + 1) % table->capacity;
    table->live += table->slots[at].key == 0;
    table->slots[at] = (struct slot){.key = key, .value = mix(key)};
}

static inline void fill(struct table *table, size_t entries, const char *owner)
{
    for (uint64_t key = 1; key <= entries; key++)
        insert(table, key * 7919);
    printf("%zu %s\n", table->capacity, owner);
}

#endif
