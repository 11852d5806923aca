/*
 * A head with the counts and, from the next cache line on, entries of four words: hash, key, its
 * length, value. One block, half full at most. Erased entries keep their hash and get a key of
 * ones.
 */
#include "scenario.h"

#include <string.h>

#define LINE 64u
#define GONE UINT64_MAX

struct entry {
    uint64_t hash, key, length, value;
};

struct map {
    uint64_t mode, longest_probe, size;
    uint64_t entries, capacity, erased, mask, step, limit;
    struct entry *slots;
};

struct holder {
    struct map *map;
    uint64_t seed;
};

static struct map *new_map(uint64_t capacity)
{
    uint64_t bytes = sizeof(struct map) + capacity * sizeof(struct entry) + LINE - 1;
    struct map *map = must(malloc(bytes));
    *map = (struct map){.size = bytes, .capacity = capacity, .mask = capacity - 1};
    map->limit = capacity / 2;
    map->slots = (struct entry *)(((uintptr_t)(map + 1) + LINE - 1) & ~(uintptr_t)(LINE - 1));
    memset(map->slots, 0, capacity * sizeof(struct entry));
    return map;
}

static uint64_t hash_of(const struct holder *holder, uint64_t key)
{
    key = (key ^ holder->seed) * 0x9e3779b97f4a7c15u;
    key = (key ^ key >> 29) * 0xbf58476d1ce4e5b9u;
    return key ^ key >> 32;
}

static struct entry *search(const struct holder *holder, uint64_t key)
{
    struct map *map = holder->map;
    for (uint64_t at = hash_of(holder, key) & map->mask;; at = (at + 1) & map->mask)
        if (map->slots[at].key == key || map->slots[at].key == 0)
            return &map->slots[at];
}

static void grow(struct holder *holder)
{
    struct map *old = holder->map;
    holder->map = new_map(2 * old->capacity);
    for (uint64_t i = 0; i < old->capacity; i++)
        if (old->slots[i].key != 0 && old->slots[i].key != GONE)
            *search(holder, old->slots[i].key) = old->slots[i];
    holder->map->entries = old->entries;
    free(old);
}

static void *create(void)
{
    struct holder *holder = must(malloc(sizeof *holder));
    *holder = (struct holder){new_map(32), 6602834};
    return holder;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct holder *holder = table;
    struct entry *entry = search(holder, key);
    if (entry->key == key) {
        entry->value = value;
        return;
    }
    *entry = (struct entry){hash_of(holder, key), key, 8, value};
    if (++holder->map->entries + holder->map->erased > holder->map->limit)
        grow(holder);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct entry *entry = search(table, key);
    if (entry->key == key)
        *value = entry->value;
    return entry->key == key;
}

static bool erase(void *table, uint64_t key)
{
    struct holder *holder = table;
    struct entry *entry = search(holder, key);
    if (entry->key != key)
        return false;
    entry->key = GONE;
    holder->map->entries--;
    holder->map->erased++;
    return true;
}

static void destroy(void *table)
{
    struct holder *holder = table;
    free(holder->map);
    free(holder);
}

static struct shape shape(const void *table)
{
    const struct holder *holder = table;
    return (struct shape){.address = holder->map,
                          .capacity = holder->map->capacity,
                          .live = holder->map->entries,
                          .tombstones = holder->map->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
