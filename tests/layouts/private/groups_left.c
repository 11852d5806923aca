/*
 * Groups of sixteen slots that are compared at once by a byte of their hashes each, in an array of
 * their own; a group is left for the next one when it is full. Made once for all entries to come,
 * with a shift. Erasing writes that byte, and the slots keep what they held.
 */
#include "scenario.h"

#define SHIFT   47u
#define GROUP   16u
#define FREE    0x80
#define DELETED 0xfe

struct slot {
    uint64_t key, value;
};

struct map {
    uint8_t *tags;
    struct slot *slots;
    unsigned shift;
    uint32_t count, deleted;
};

static APART uint64_t hash(uint64_t key)
{
    key = (key ^ key >> 30) * 0xd6e8feb86659fd93u;
    key = (key ^ key >> 32) * 0xa0761d6478bd642fu;
    return key ^ key >> 29;
}

static size_t capacity_of(const struct map *map)
{
    return (size_t)1 << (64 - map->shift);
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof *map));
    map->shift = SHIFT;
    map->tags = must(malloc(capacity_of(map)));
    map->slots = must(calloc(capacity_of(map), sizeof *map->slots));
    for (size_t i = 0; i < capacity_of(map); i++)
        map->tags[i] = FREE;
    return map;
}

/* The slot with the key, or, where there is none, the first that can take it. */
static size_t look_up(const struct map *map, uint64_t key, bool *is_found)
{
    const uint64_t hashed = hash(key);
    size_t reusable = SIZE_MAX, first = (size_t)(hashed >> map->shift) / GROUP * GROUP;
    for (;; first = (first + GROUP) & (capacity_of(map) - 1))
        for (size_t i = first; i < first + GROUP; i++) {
            if (map->tags[i] == (hashed & 0x7f) && map->slots[i].key == key) {
                *is_found = true;
                return i;
            }
            if (map->tags[i] & 0x80 && reusable == SIZE_MAX)
                reusable = i;
            if (map->tags[i] == FREE) {
                *is_found = false;
                return reusable;
            }
        }
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    bool is_found;
    size_t i = look_up(map, key, &is_found);
    map->deleted -= map->tags[i] == DELETED;
    map->tags[i] = hash(key) & 0x7f;
    map->slots[i] = (struct slot){key, value};
    map->count += !is_found;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct map *map = table;
    bool is_found;
    size_t i = look_up(map, key, &is_found);
    *value = is_found ? map->slots[i].value : 0;
    return is_found;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    bool is_found;
    size_t i = look_up(map, key, &is_found);
    if (!is_found)
        return false;
    map->tags[i] = DELETED;
    map->deleted++;
    map->count--;
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    free(map->tags);
    free(map->slots);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){.address = map->slots,
                          .others = {map->tags},
                          .capacity = capacity_of(map),
                          .live = map->count,
                          .tombstones = map->deleted};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = 90000,
        .never_grows = true,
        .leaves_tombstones = true,
        .is_within = true, /* full, nothing tells which slots are in use */
        .hides_shape = true,
        .create = create,
        .insert = insert,
        .find = find,
        .erase = erase,
        .destroy = destroy,
        .shape = shape};
    return run_scenario(argc, argv, &kind);
}
