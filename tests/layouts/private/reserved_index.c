/*
 * Slots of numbers, made once for all entries to come: -1 where nothing is, -2 where an entry was
 * erased. The entries lie in an array without gaps, into which the last one is moved.
 */
#include "scenario.h"

#define SLOTS   (1u << 18)
#define NOTHING UINT32_MAX
#define ERASED  (UINT32_MAX - 1)

struct entry {
    uint64_t key, value;
};

struct map {
    uint32_t *slots;
    struct entry *entries;
    size_t count, room, mask, erased;
};

static size_t home(uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return (size_t)(key ^ key >> 33);
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof *map));
    map->slots = must(malloc(SLOTS * sizeof *map->slots));
    for (size_t i = 0; i < SLOTS; i++)
        map->slots[i] = NOTHING;
    map->mask = SLOTS - 1;
    return map;
}

static uint32_t *look_up(const struct map *map, uint64_t key)
{
    size_t i = home(key) & map->mask;
    while (map->slots[i] != NOTHING &&
           (map->slots[i] == ERASED || map->entries[map->slots[i]].key != key))
        i = (i + 1) & map->mask;
    return &map->slots[i];
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    uint32_t *slot = look_up(map, key);
    if (*slot == NOTHING) {
        size_t i = home(key) & map->mask;
        while (map->slots[i] < ERASED)
            i = (i + 1) & map->mask;
        slot = &map->slots[i];
        map->erased -= *slot == ERASED;
        if (map->count == map->room) {
            map->room = map->room ? 2 * map->room : 8;
            map->entries = must(realloc(map->entries, map->room * sizeof *map->entries));
        }
        *slot = (uint32_t)map->count++;
        map->entries[*slot].key = key;
    }
    map->entries[*slot].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct map *map = table;
    uint32_t *slot = look_up(map, key);
    if (*slot == NOTHING)
        return false;
    *value = map->entries[*slot].value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    uint32_t *slot = look_up(map, key);
    if (*slot == NOTHING)
        return false;
    size_t last = --map->count, hole = *slot;
    *look_up(map, map->entries[last].key) = (uint32_t)hole;
    map->entries[hole] = map->entries[last];
    *slot = ERASED;
    map->erased++;
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    free(map->slots);
    free(map->entries);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){.address = map->slots,
                          .others = {map->entries},
                          .capacity = map->mask + 1,
                          .live = map->count,
                          .tombstones = map->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .never_grows = true,
                                              .leaves_tombstones = true,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
