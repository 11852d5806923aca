/*
 * Sixteen slots are compared at once: their bytes are in front of all slots, which are not cleared,
 * and the object names the groups. The highest bit of a byte is set where the slot has no entry.
 */
#include <string.h>

#include "scenario.h"

enum { GROUP = 16, NEVER = 0x80, GONE = 0xfe };

struct pair {
    uint64_t key, value;
};

struct cache {
    uint64_t live;
    uint64_t used; /* deleted ones too */
    uint64_t group_mask;
    unsigned char *tags;
};

static uint64_t slots_of(const struct cache *cache)
{
    return (cache->group_mask + 1) * GROUP;
}

static struct pair *pairs_of(const struct cache *cache)
{
    return (struct pair *)(cache->tags + slots_of(cache));
}

static uint64_t mix(uint64_t key)
{
    key = (key ^ (key >> 32)) * 0xe9846af9b1a615du;
    return key ^ (key >> 28);
}

static void new_groups(struct cache *cache, uint64_t groups)
{
    cache->group_mask = groups - 1;
    cache->tags = must(malloc(groups * GROUP * (1 + sizeof(struct pair))));
    memset(cache->tags, NEVER, groups * GROUP);
    cache->live = cache->used = 0;
}

static uint64_t place_of(const struct cache *cache, uint64_t key, uint64_t *free_place)
{
    uint64_t hash = mix(key), group = (hash >> 7) & cache->group_mask;
    *free_place = UINT64_MAX;
    for (uint64_t step = 1;; group = (group + step++) & cache->group_mask) {
        for (uint64_t slot = group * GROUP; slot < (group + 1) * GROUP; slot++) {
            if (cache->tags[slot] == (hash & 127) && pairs_of(cache)[slot].key == key)
                return slot;
            if (cache->tags[slot] >= NEVER && *free_place == UINT64_MAX)
                *free_place = slot;
        }
        if (memchr(cache->tags + group * GROUP, NEVER, GROUP) != NULL)
            return UINT64_MAX;
    }
}

static void *create(void)
{
    struct cache *cache = must(malloc(sizeof *cache));
    new_groups(cache, 4);
    return cache;
}

static void put(struct cache *cache, uint64_t key, uint64_t value)
{
    uint64_t free_place, place = place_of(cache, key, &free_place);
    if (place == UINT64_MAX) {
        place = free_place;
        cache->used += cache->tags[place] == NEVER;
        cache->tags[place] = (unsigned char)(mix(key) & 127);
        cache->live++;
    }
    pairs_of(cache)[place] = (struct pair){key, value};
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cache *cache = table;
    if (cache->used >= slots_of(cache) / 8 * 7) {
        struct cache old = *cache;
        bool is_full = old.live > slots_of(&old) / 2;
        new_groups(cache, (old.group_mask + 1) * (is_full ? 2 : 1));
        for (uint64_t slot = 0; slot < slots_of(&old); slot++)
            if (old.tags[slot] < NEVER)
                put(cache, pairs_of(&old)[slot].key, pairs_of(&old)[slot].value);
        free(old.tags);
    }
    put(cache, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct cache *cache = table;
    uint64_t free_place, place = place_of(cache, key, &free_place);
    if (place != UINT64_MAX)
        *value = pairs_of(cache)[place].value;
    return place != UINT64_MAX;
}

static bool erase(void *table, uint64_t key)
{
    struct cache *cache = table;
    uint64_t free_place, place = place_of(cache, key, &free_place);
    if (place == UINT64_MAX)
        return false;
    bool is_open = memchr(cache->tags + place / GROUP * GROUP, NEVER, GROUP) != NULL;
    cache->tags[place] = is_open ? NEVER : GONE;
    cache->used -= is_open;
    cache->live--;
    return true;
}

static void destroy(void *table)
{
    struct cache *cache = table;
    free(cache->tags);
    free(cache);
}

static struct shape shape(const void *table)
{
    const struct cache *cache = table;
    return (struct shape){.address = cache->tags, .capacity = slots_of(cache), .live = cache->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
