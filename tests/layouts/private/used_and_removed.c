/*
 * Slots with a state in front, of which removing changes nothing else: a key and its value stay.
 * The object counts the slots that were used, removed ones included, and beside these the removed
 * ones, as Blender's map does; nowhere what is left.
 */
#include "scenario.h"

enum { UNUSED, USED, REMOVED };

struct slot {
    uint8_t state;
    uint64_t key;
    float place[4];
    uint64_t value;
};

struct map {
    int64_t removed, used, limit;
    uint64_t mask;
    struct slot *slots;
};

static void allocate(struct map *map, uint64_t size)
{
    map->slots = must(calloc(size, sizeof *map->slots));
    map->mask = size - 1;
    map->limit = (int64_t)size / 2;
    map->used = map->removed = 0;
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof *map));
    allocate(map, 64);
    return map;
}

/* The key's slot, or the unused one at which the search for it ends. */
static struct slot *slot_of(const struct map *map, uint64_t key)
{
    uint64_t hash = (key ^ key >> 29) * 0x9e3779b97f4a7c15u;
    for (uint64_t at = hash >> 23, perturb = hash;; perturb >>= 5, at = at * 5 + perturb + 1) {
        struct slot *slot = &map->slots[at & map->mask];
        if (slot->state == UNUSED || (slot->state == USED && slot->key == key))
            return slot;
    }
}

static void put(struct map *map, const struct slot *entry)
{
    *slot_of(map, entry->key) = *entry;
    map->used++;
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct map *map = opaque;
    struct slot *found = slot_of(map, key);
    if (found->state == USED) {
        found->value = value;
        return;
    }
    if (map->used >= map->limit) {
        struct slot *old = map->slots;
        uint64_t size = map->mask + 1;
        allocate(map, (map->used - map->removed) * 4 > (int64_t)size ? size * 2 : size);
        for (uint64_t i = 0; i < size; i++)
            if (old[i].state == USED)
                put(map, &old[i]);
        free(old);
    }
    put(map, &(struct slot){USED, key, {1, 0, 0, (float)value}, value});
}

static bool find(void *map, uint64_t key, uint64_t *value)
{
    const struct slot *slot = slot_of(map, key);
    if (slot->state == USED)
        *value = slot->value;
    return slot->state == USED;
}

static bool erase(void *opaque, uint64_t key)
{
    struct map *map = opaque;
    struct slot *slot = slot_of(map, key);
    if (slot->state != USED)
        return false;
    slot->state = REMOVED;
    map->removed++;
    return true;
}

static void destroy(void *opaque)
{
    struct map *map = opaque;
    free(map->slots);
    free(map);
}

static struct shape shape(const void *opaque)
{
    const struct map *map = opaque;
    return (struct shape){.address = map->slots,
                          .capacity = map->mask + 1,
                          .live = (uint64_t)(map->used - map->removed),
                          .tombstones = (uint64_t)map->removed};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
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
