/*
 * Slots with a state of their own, made once for all entries to come: free, used, deleted. Erasing
 * writes the state and nothing else. The table has a mask, and counts the used ones.
 */
#include "scenario.h"

#define SLOTS (1u << 17)

enum { FREE, USED, DELETED };

struct slot {
    uint64_t key, value, expires;
    uint8_t state;
};

struct map {
    struct slot *slots;
    size_t mask, count;
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
    map->slots = must(calloc(SLOTS, sizeof *map->slots));
    map->mask = SLOTS - 1;
    return map;
}

/* The slot with the key, or the free one behind those that it could have been in. */
static struct slot *look_up(const struct map *map, uint64_t key, struct slot **reusable)
{
    for (size_t i = home(key);; i++) {
        struct slot *slot = &map->slots[i & map->mask];
        if (slot->state == FREE || (slot->state == USED && slot->key == key))
            return slot;
        if (slot->state == DELETED && reusable && !*reusable)
            *reusable = slot;
    }
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    struct slot *reusable = NULL, *slot = look_up(map, key, &reusable);
    if (slot->state == FREE) {
        map->count++;
        if (reusable)
            slot = reusable;
    }
    *slot = (struct slot){.key = key, .value = value, .state = USED};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct slot *slot = look_up(table, key, NULL);
    *value = slot->value;
    return slot->state == USED;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    struct slot *slot = look_up(map, key, NULL);
    if (slot->state != USED)
        return false;
    slot->state = DELETED;
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
    return (struct shape){.address = map->slots, .capacity = map->mask + 1, .live = map->count};
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
