/*
 * Slots that are an entry or none, made once for all entries to come. Erasing moves those behind it
 * back and writes nothing but the state of the last one, whose entry stays there, too.
 */
#include "scenario.h"

#define SLOTS (1u << 17)

struct option {
    uint64_t is_some;
    uint64_t key, value;
};

struct map {
    struct option *slots;
    size_t room, length;
    size_t count;
};

static size_t home(const struct map *map, uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    return (size_t)(key ^ key >> 32) & (map->room - 1);
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof *map));
    map->slots = must(calloc(SLOTS, sizeof *map->slots));
    map->room = map->length = SLOTS;
    return map;
}

static size_t look_up(const struct map *map, uint64_t key)
{
    size_t i = home(map, key);
    while (map->slots[i].is_some && map->slots[i].key != key)
        i = (i + 1) & (map->room - 1);
    return i;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    struct option *slot = &map->slots[look_up(map, key)];
    map->count += !slot->is_some;
    *slot = (struct option){.is_some = 1, .key = key, .value = value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct map *map = table;
    const struct option *slot = &map->slots[look_up(map, key)];
    *value = slot->value;
    return slot->is_some;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    const size_t mask = map->room - 1;
    size_t hole = look_up(map, key);
    if (!map->slots[hole].is_some)
        return false;
    for (size_t next = (hole + 1) & mask; map->slots[next].is_some; next = (next + 1) & mask)
        if (((next - home(map, map->slots[next].key)) & mask) >= ((next - hole) & mask)) {
            map->slots[hole] = map->slots[next];
            hole = next;
        }
    map->slots[hole].is_some = 0;
    map->count--;
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
    return (struct shape){.address = map->slots, .capacity = map->room, .live = map->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 70000,
                                              .never_grows = true,
                                              .keeps_erased = true,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
