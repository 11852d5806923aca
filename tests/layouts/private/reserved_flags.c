/*
 * Keys, values and two bits of state for each slot in three arrays, made once for all entries to
 * come: free, used, deleted. Erasing writes the bits and nothing else.
 */
#include "scenario.h"

#define SLOTS (1u << 18)

enum { FREE, USED, DELETED };

struct map {
    uint64_t *keys, *values;
    uint32_t *states; /* of sixteen slots each */
    size_t mask, count;
};

static unsigned state_of(const struct map *map, size_t slot)
{
    return map->states[slot / 16] >> slot % 16 * 2 & 3;
}

static void set_state(struct map *map, size_t slot, unsigned state)
{
    map->states[slot / 16] &= ~(3u << slot % 16 * 2);
    map->states[slot / 16] |= state << slot % 16 * 2;
}

static size_t home(uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return (size_t)(key ^ key >> 33);
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof *map));
    map->keys = must(calloc(SLOTS, sizeof *map->keys));
    map->values = must(calloc(SLOTS, sizeof *map->values));
    map->states = must(calloc(SLOTS / 16, sizeof *map->states));
    map->mask = SLOTS - 1;
    return map;
}

/* The slot with the key, or the free one behind those that it could have been in. */
static size_t look_up(const struct map *map, uint64_t key, size_t *reusable)
{
    for (size_t i = home(key) & map->mask;; i = (i + 1) & map->mask) {
        unsigned state = state_of(map, i);
        if (state == FREE || (state == USED && map->keys[i] == key))
            return i;
        if (state == DELETED && reusable && *reusable == SLOTS)
            *reusable = i;
    }
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    size_t reusable = SLOTS, slot = look_up(map, key, &reusable);
    if (state_of(map, slot) == FREE) {
        map->count++;
        if (reusable != SLOTS)
            slot = reusable;
    }
    set_state(map, slot, USED);
    map->keys[slot] = key;
    map->values[slot] = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct map *map = table;
    size_t slot = look_up(map, key, NULL);
    *value = map->values[slot];
    return state_of(map, slot) == USED;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    size_t slot = look_up(map, key, NULL);
    if (state_of(map, slot) != USED)
        return false;
    set_state(map, slot, DELETED);
    map->count--;
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    free(map->keys);
    free(map->values);
    free(map->states);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){.address = map->keys,
                          .others = {map->values, map->states},
                          .capacity = map->mask + 1,
                          .live = map->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
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
