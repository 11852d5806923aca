/* Robin Hood hashing (Celis 1986) over three arrays: 32-bit hashes (0 is empty), keys, values. */
#include "scenario.h"

typedef struct robin_hood {
    uint32_t *hashes;
    uint64_t *keys;
    uint64_t *values;
    uint32_t size;
    uint32_t count;
} robin_hood;

static uint32_t hash_of(uint64_t key)
{
    key = (key ^ (key >> 31)) * 0x7fb5d329728ea185u;
    key = (key ^ (key >> 27)) * 0x81dadef4bc2dd44du;
    uint32_t hash = (uint32_t)(key >> 32);
    return hash == 0 ? 1 : hash;
}

static uint32_t distance(const robin_hood *map, uint32_t slot)
{
    return (slot - map->hashes[slot]) & (map->size - 1);
}

static robin_hood with_size(uint32_t size)
{
    return (robin_hood){.hashes = must(calloc(size, sizeof(uint32_t))),
                        .keys = must(calloc(size, sizeof(uint64_t))),
                        .values = must(calloc(size, sizeof(uint64_t))),
                        .size = size};
}

static void drop(robin_hood *map)
{
    free(map->hashes);
    free(map->keys);
    free(map->values);
}

/* The slot that holds the key, or map->size. */
static uint32_t slot_of(const robin_hood *map, uint64_t key)
{
    uint32_t hash = hash_of(key), i = hash & (map->size - 1);
    for (uint32_t d = 0; map->hashes[i] != 0 && distance(map, i) >= d; d++) {
        if (map->hashes[i] == hash && map->keys[i] == key)
            return i;
        i = (i + 1) & (map->size - 1);
    }
    return map->size;
}

static void add(robin_hood *map, uint64_t key, uint64_t value)
{
    uint32_t hash = hash_of(key), i = hash & (map->size - 1), d = 0;
    while (map->hashes[i] != 0) {
        if (distance(map, i) < d) { /* take from the rich */
            uint32_t other_hash = map->hashes[i];
            uint64_t other_key = map->keys[i], other_value = map->values[i];
            d = distance(map, i);
            map->hashes[i] = hash, map->keys[i] = key, map->values[i] = value;
            hash = other_hash, key = other_key, value = other_value;
        }
        i = (i + 1) & (map->size - 1);
        d++;
    }
    map->hashes[i] = hash, map->keys[i] = key, map->values[i] = value;
    map->count++;
}

static void *create(void)
{
    robin_hood *map = must(malloc(sizeof *map));
    *map = with_size(128);
    return map;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    robin_hood *map = table;
    uint32_t at = slot_of(map, key);
    if (at < map->size) {
        map->values[at] = value;
        return;
    }
    if (map->count >= map->size / 5 * 4) {
        robin_hood twice = with_size(map->size * 2);
        for (uint32_t i = 0; i < map->size; i++) {
            if (map->hashes[i] != 0)
                add(&twice, map->keys[i], map->values[i]);
        }
        drop(map);
        *map = twice;
    }
    add(map, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    robin_hood *map = table;
    uint32_t at = slot_of(map, key);
    if (at < map->size)
        *value = map->values[at];
    return at < map->size;
}

static bool erase(void *table, uint64_t key)
{
    robin_hood *map = table;
    uint32_t at = slot_of(map, key), mask = map->size - 1;
    if (at == map->size)
        return false;
    for (uint32_t next = (at + 1) & mask; map->hashes[next] != 0 && distance(map, next) > 0;) {
        map->hashes[at] = map->hashes[next];
        map->keys[at] = map->keys[next];
        map->values[at] = map->values[next];
        at = next;
        next = (next + 1) & mask;
    }
    map->hashes[at] = 0, map->keys[at] = 0, map->values[at] = 0;
    map->count--;
    return true;
}

static void destroy(void *table)
{
    drop(table);
    free(table);
}

static struct shape shape(const void *table)
{
    const robin_hood *map = table;
    return (struct shape){.address = map->keys,
                          .others = {map->hashes, map->values},
                          .capacity = map->size,
                          .live = map->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 240000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
