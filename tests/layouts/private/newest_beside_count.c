/*
 * A cache in the order of its use: probed slots of four bytes, numbers of nodes in one vector. The
 * newest node's number stands beside the count, and is as many as that at each growth: any number
 * once those of erased nodes are used again.
 */
#include "scenario.h"

struct entry {
    uint64_t key, value;
    uint32_t older, newer;
};

struct cache {
    uint32_t *slots; /* number and one */
    size_t slot_count;
    struct entry *entries;
    uint32_t room, handed_out, spare, oldest, newest, count;
};

#define NOBODY UINT32_MAX

static size_t home(const struct cache *cache, uint64_t key)
{
    key = (key ^ key >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return (size_t)((key ^ key >> 33) * UINT64_C(0xc4ceb9fe1a85ec53) >> 20) &
           (cache->slot_count - 1);
}

static size_t after(const struct cache *cache, size_t slot)
{
    return (slot + 1) & (cache->slot_count - 1);
}

static size_t slot_of(const struct cache *cache, uint64_t key)
{
    size_t slot = home(cache, key);
    while (cache->slots[slot] != 0 && cache->entries[cache->slots[slot] - 1].key != key)
        slot = after(cache, slot);
    return slot;
}

static void *create(void)
{
    struct cache *cache = must(malloc(sizeof *cache));
    *cache = (struct cache){
        .slot_count = 128, .spare = NOBODY, .oldest = NOBODY, .newest = NOBODY, .room = 16};
    cache->slots = must(calloc(cache->slot_count, sizeof *cache->slots));
    cache->entries = must(malloc(cache->room * sizeof *cache->entries));
    return cache;
}

static void widen(struct cache *cache)
{
    uint32_t *old = cache->slots;
    cache->slot_count *= 2;
    cache->slots = must(calloc(cache->slot_count, sizeof *cache->slots));
    for (size_t i = 0; i < cache->slot_count / 2; i++)
        if (old[i] != 0)
            cache->slots[slot_of(cache, cache->entries[old[i] - 1].key)] = old[i];
    free(old);
}

static void touch(struct cache *cache, uint32_t number)
{
    struct entry *entry = &cache->entries[number];
    entry->older = cache->newest;
    entry->newer = NOBODY;
    if (cache->newest != NOBODY)
        cache->entries[cache->newest].newer = number;
    else
        cache->oldest = number;
    cache->newest = number;
}

static void take_out(struct cache *cache, uint32_t number)
{
    const struct entry *entry = &cache->entries[number];
    if (entry->older != NOBODY)
        cache->entries[entry->older].newer = entry->newer;
    else
        cache->oldest = entry->newer;
    if (entry->newer != NOBODY)
        cache->entries[entry->newer].older = entry->older;
    else
        cache->newest = entry->older;
}

static uint32_t take_number(struct cache *cache)
{
    uint32_t number = cache->spare;
    if (number != NOBODY) {
        cache->spare = cache->entries[number].newer;
        return number;
    }
    if (cache->handed_out == cache->room) {
        cache->room += cache->room / 2;
        cache->entries = must(realloc(cache->entries, cache->room * sizeof *cache->entries));
    }
    return cache->handed_out++;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cache *cache = table;
    size_t slot = slot_of(cache, key);
    if (cache->slots[slot] == 0) {
        if (cache->count * UINT64_C(4) >= cache->slot_count * 3) {
            widen(cache);
            slot = slot_of(cache, key);
        }
        uint32_t number = take_number(cache);
        cache->entries[number].key = key;
        cache->slots[slot] = number + 1;
        touch(cache, number);
        cache->count++;
    }
    cache->entries[cache->slots[slot] - 1].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct cache *cache = table;
    uint32_t number = cache->slots[slot_of(cache, key)];
    *value = number != 0 ? cache->entries[number - 1].value : 0;
    return number != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct cache *cache = table;
    size_t slot = slot_of(cache, key), next = slot;
    if (cache->slots[slot] == 0)
        return false;
    uint32_t number = cache->slots[slot] - 1;
    take_out(cache, number);
    cache->entries[number] = (struct entry){.newer = cache->spare};
    cache->spare = number;
    cache->count--;
    cache->slots[slot] = 0;
    while (cache->slots[next = after(cache, next)] != 0) {
        uint32_t moved = cache->slots[next];
        cache->slots[next] = 0;
        cache->slots[slot_of(cache, cache->entries[moved - 1].key)] = moved;
    }
    return true;
}

static void destroy(void *table)
{
    struct cache *cache = table;
    free(cache->slots);
    free(cache->entries);
    free(cache);
}

static struct shape shape(const void *table)
{
    const struct cache *cache = table;
    return (struct shape){.address = cache->slots,
                          .others = {cache->entries},
                          .capacity = cache->slot_count,
                          .live = cache->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
