/* One block: the hashes of all slots, 0 for an empty one, and behind them the pairs. Where the
 * pairs begin moves at each growth (Rust's HashMap lay so until 2019). */
#include "scenario.h"

#include <string.h>

struct pair {
    uint64_t key;
    uint64_t value;
    uint32_t extra[4]; /* the same in all of them */
};

struct map {
    uint64_t *hashes;
    uint32_t mask;
    uint32_t size;
};

static struct pair *pairs_of(const struct map *map)
{
    return (struct pair *)(map->hashes + map->mask + 1);
}

static uint64_t hash_of(uint64_t key)
{
    key = (key ^ key >> 32) * 0x9fb21c651e98df25u;
    return (key ^ key >> 28) | 1ull << 63;
}

static struct map with_slots(uint32_t slots)
{
    return (struct map){.hashes = must(calloc(slots, sizeof(uint64_t) + sizeof(struct pair))),
                        .mask = slots - 1};
}

static uint32_t distance(const struct map *map, uint32_t at)
{
    return (at - (uint32_t)map->hashes[at]) & map->mask;
}

static bool look_up(const struct map *map, uint64_t key, uint32_t *at)
{
    uint64_t hash = hash_of(key);
    *at = (uint32_t)hash & map->mask;
    for (uint32_t d = 0; map->hashes[*at] != 0 && distance(map, *at) >= d; d++) {
        if (map->hashes[*at] == hash && pairs_of(map)[*at].key == key)
            return true;
        *at = (*at + 1) & map->mask;
    }
    return false;
}

static void place(struct map *map, uint64_t hash, struct pair pair)
{
    uint32_t at = (uint32_t)hash & map->mask;
    for (uint32_t d = 0; map->hashes[at] != 0; d++, at = (at + 1) & map->mask) {
        if (distance(map, at) >= d)
            continue;
        uint64_t poorer_hash = map->hashes[at];
        struct pair poorer = pairs_of(map)[at];
        d = distance(map, at);
        map->hashes[at] = hash, pairs_of(map)[at] = pair;
        hash = poorer_hash, pair = poorer;
    }
    map->hashes[at] = hash, pairs_of(map)[at] = pair;
    map->size++;
}

static void *create(void)
{
    struct map *map = must(malloc(sizeof *map));
    *map = with_slots(32);
    return map;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    uint32_t at;
    if (look_up(map, key, &at)) {
        pairs_of(map)[at].value = value;
        return;
    }
    if ((map->size + 1) * 11ull > (map->mask + 1) * 10ull) {
        struct map old = *map;
        *map = with_slots((old.mask + 1) * 2);
        for (uint32_t i = 0; i <= old.mask; i++) {
            if (old.hashes[i] != 0)
                place(map, old.hashes[i], pairs_of(&old)[i]);
        }
        free(old.hashes);
    }
    place(map, hash_of(key), (struct pair){key, value, {1, 1, 1, 1}});
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct map *map = table;
    uint32_t at;
    bool found = look_up(map, key, &at);
    if (found)
        *value = pairs_of(map)[at].value;
    return found;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    uint32_t at;
    if (!look_up(map, key, &at))
        return false;
    map->size--;
    for (uint32_t next = (at + 1) & map->mask; map->hashes[next] != 0 && distance(map, next) > 0;
         at = next, next = (next + 1) & map->mask) {
        map->hashes[at] = map->hashes[next];
        pairs_of(map)[at] = pairs_of(map)[next];
    }
    map->hashes[at] = 0;
    return true;
}

static void destroy(void *table)
{
    free(((struct map *)table)->hashes);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){.address = map->hashes, .capacity = map->mask + 1ull, .live = map->size};
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
