/*
 * Heads that are numbers of entries in a pool, each beside the length of its list; a prime number
 * of them, made once in whole cache lines. No entry keeps its hash.
 */
#include "scenario.h"

#define BUCKETS 196613u
#define ENTRIES 250000u
#define NOTHING UINT32_MAX

struct bucket {
    uint32_t head, length;
};

struct entry {
    uint32_t next;
    uint64_t key, value;
};

struct cache {
    struct bucket *buckets;
    struct entry *pool;
    uint32_t used, unused; /* of the pool; the first one that was given back */
    uint32_t live;
};

static struct bucket *bucket_of(const struct cache *cache, uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return &cache->buckets[(key ^ key >> 33) % BUCKETS];
}

static void *create(void)
{
    struct cache *cache = must(calloc(1, sizeof *cache));
    size_t bytes = (BUCKETS * sizeof *cache->buckets + 63) & ~(size_t)63;
    cache->buckets = must(aligned_alloc(64, bytes));
    for (size_t i = 0; i < BUCKETS; i++)
        cache->buckets[i] = (struct bucket){.head = NOTHING};
    cache->pool = must(malloc(ENTRIES * sizeof *cache->pool));
    cache->unused = NOTHING;
    return cache;
}

static uint32_t *look_up(const struct cache *cache, uint64_t key)
{
    uint32_t *link = &bucket_of(cache, key)->head;
    while (*link != NOTHING && cache->pool[*link].key != key)
        link = &cache->pool[*link].next;
    return link;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cache *cache = table;
    uint32_t entry = *look_up(cache, key);
    if (entry == NOTHING) {
        struct bucket *bucket = bucket_of(cache, key);
        entry = cache->unused;
        if (entry == NOTHING)
            entry = cache->used++;
        else
            cache->unused = cache->pool[entry].next;
        cache->pool[entry].key = key;
        cache->pool[entry].next = bucket->head;
        bucket->head = entry;
        bucket->length++;
        cache->live++;
    }
    cache->pool[entry].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct cache *cache = table;
    uint32_t entry = *look_up(cache, key);
    if (entry == NOTHING)
        return false;
    *value = cache->pool[entry].value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct cache *cache = table;
    uint32_t *link = look_up(cache, key), entry = *link;
    if (entry == NOTHING)
        return false;
    *link = cache->pool[entry].next;
    cache->pool[entry].next = cache->unused;
    cache->unused = entry;
    bucket_of(cache, key)->length--;
    cache->live--;
    return true;
}

static void destroy(void *table)
{
    struct cache *cache = table;
    free(cache->buckets);
    free(cache->pool);
    free(cache);
}

static struct shape shape(const void *table)
{
    const struct cache *cache = table;
    return (struct shape){.address = cache->buckets,
                          .others = {cache->pool},
                          .capacity = BUCKETS,
                          .live = cache->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = ENTRIES,
                                              .never_grows = true,
                                              .keeps_erased = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
