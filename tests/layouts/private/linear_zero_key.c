/* Linear probing, key 0 means empty, erase shifts the rest of the run back: no tombstones. */
#include "scenario.h"

struct slot {
    uint64_t key;
    uint64_t value;
};

struct map {
    struct slot *slots;
    size_t mask;
    size_t used;
};

/* MurmurHash3's finalizer (Appleby, public domain). */
static size_t hash(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53u;
    return key ^ (key >> 33);
}

static size_t probe(const struct map *map, uint64_t key)
{
    size_t i = hash(key) & map->mask;
    while (map->slots[i].key != 0 && map->slots[i].key != key)
        i = (i + 1) & map->mask;
    return i;
}

static void *create(void)
{
    struct map *map = must(malloc(sizeof *map));
    *map = (struct map){.slots = must(calloc(64, sizeof(struct slot))), .mask = 63};
    return map;
}

static void grow(struct map *map)
{
    struct map bigger = {.mask = map->mask * 2 + 1};
    bigger.slots = must(calloc(bigger.mask + 1, sizeof(struct slot)));
    for (size_t i = 0; i <= map->mask; i++) {
        if (map->slots[i].key != 0)
            bigger.slots[probe(&bigger, map->slots[i].key)] = map->slots[i];
    }
    bigger.used = map->used;
    free(map->slots);
    *map = bigger;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    if ((map->used + 1) * 10 > (map->mask + 1) * 7)
        grow(map);
    struct slot *slot = &map->slots[probe(map, key)];
    map->used += slot->key == 0;
    *slot = (struct slot){key, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct map *map = table;
    struct slot *slot = &map->slots[probe(map, key)];
    *value = slot->value;
    return slot->key != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    size_t hole = probe(map, key);
    if (map->slots[hole].key == 0)
        return false;
    for (size_t i = (hole + 1) & map->mask; map->slots[i].key != 0; i = (i + 1) & map->mask) {
        size_t home = hash(map->slots[i].key) & map->mask;
        if (((i - home) & map->mask) >= ((i - hole) & map->mask)) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole] = (struct slot){0, 0};
    map->used--;
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    free(map->slots);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){.address = map->slots, .capacity = map->mask + 1, .live = map->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
