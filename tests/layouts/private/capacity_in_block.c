/*
 * One block: its header, a byte of state for each slot, keys, values. The map points at the states
 * and counts its entries; how many slots there are stands in the header alone. It doubles when an
 * entry would lie too far from its home, at another load each time. Erasing changes nothing but the
 * state.
 */
#include <string.h>

#include "scenario.h"

enum { FREE = 0, ERASED = 1, IN_USE = 0x80 };
enum { FARTHEST = 48 };

struct header {
    uint64_t *values;
    uint64_t *keys;
    uint32_t capacity;
};

struct map {
    uint8_t *states;
    uint32_t size;
};

static struct header *header_of(const struct map *map)
{
    return (struct header *)(void *)map->states - 1;
}

static void set_up(struct map *map, uint32_t capacity)
{
    size_t keys = sizeof(struct header) + capacity;
    char *block = must(malloc(keys + capacity * 2ul * sizeof(uint64_t)));
    map->states = (uint8_t *)block + sizeof(struct header);
    header_of(map)->keys = (uint64_t *)(void *)(block + keys);
    header_of(map)->values = header_of(map)->keys + capacity;
    header_of(map)->capacity = capacity;
    memset(map->states, FREE, capacity);
    map->size = 0;
}

static uint64_t hash_of(uint64_t key)
{
    unsigned __int128 product =
        (unsigned __int128)(key ^ 0xa0761d6478bd642fu) * 0xe7037ed1a0b428dbu;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static bool put(struct map *map, uint64_t key, uint64_t value)
{
    uint64_t hash = hash_of(key);
    uint32_t mask = header_of(map)->capacity - 1, at = (uint32_t)hash & mask;
    for (unsigned far = 0; map->states[at] & IN_USE; at = (at + 1) & mask)
        if (++far == FARTHEST)
            return false;
    map->states[at] = (uint8_t)(IN_USE | hash >> 57);
    header_of(map)->keys[at] = key;
    header_of(map)->values[at] = value;
    map->size++;
    return true;
}

static void *create(void)
{
    struct map *map = must(malloc(sizeof *map));
    set_up(map, 64);
    return map;
}

static void grow(struct map *map)
{
    struct header *old = header_of(map);
    const uint8_t *states = map->states;
    set_up(map, old->capacity * 2);
    for (uint32_t i = 0; i < old->capacity; i++)
        if (states[i] & IN_USE && !put(map, old->keys[i], old->values[i]))
            abort(); /* twice as far apart as they were */
    free(old);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    while (!put(table, key, value))
        grow(table);
}

static bool seek(const struct map *map, uint64_t key, uint32_t *at)
{
    uint64_t hash = hash_of(key);
    uint32_t mask = header_of(map)->capacity - 1;
    for (*at = (uint32_t)hash & mask; map->states[*at] != FREE; *at = (*at + 1) & mask)
        if (map->states[*at] == (IN_USE | hash >> 57) && header_of(map)->keys[*at] == key)
            return true;
    return false;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint32_t at;
    bool is_there = seek(table, key, &at);
    if (is_there)
        *value = header_of(table)->values[at];
    return is_there;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    uint32_t at;
    if (!seek(map, key, &at))
        return false;
    map->states[at] = ERASED;
    map->size--;
    return true;
}

static void destroy(void *table)
{
    free(header_of(table));
    free(table);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){
        .address = header_of(map), .capacity = header_of(map)->capacity, .live = map->size};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 90000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .hides_shape = true,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
