/* Buckets of a lock and a list, as the cache of a resolver has them: 40 bytes that are zero while
 * nobody holds them, and the first entry. Entries have a lock of their own in front of their links,
 * and are in a list of the recently used. */
#include "scenario.h"

#include <pthread.h>

struct record {
    pthread_rwlock_t lock;
    struct record *overflow;
    struct record *newer, *older;
    uint32_t hash;
    uint64_t id, value;
};

struct bin {
    pthread_mutex_t lock;
    struct record *records;
};

struct cache {
    size_t bins, records;
    struct bin *bin;
    struct record *newest, *oldest;
};

static uint32_t hash_of(uint64_t id)
{
    id = (id ^ id >> 33) * 0xc2b2ae3d27d4eb4fu;
    id = (id ^ id >> 29) * 0x165667b19e3779f9u;
    return (uint32_t)(id >> 32);
}

static struct bin *new_bins(size_t bins)
{
    struct bin *bin = must(calloc(bins, sizeof *bin));
    for (size_t i = 0; i < bins; i++)
        pthread_mutex_init(&bin[i].lock, NULL);
    return bin;
}

static void push(struct bin *bin, size_t bins, struct record *record)
{
    struct bin *own = &bin[record->hash & (bins - 1)];
    record->overflow = own->records;
    own->records = record;
}

static void split(struct cache *cache)
{
    size_t bins = 2 * cache->bins;
    struct bin *bin = new_bins(bins);
    for (size_t i = 0; i < cache->bins; i++) {
        pthread_mutex_lock(&cache->bin[i].lock);
        for (struct record *record = cache->bin[i].records, *after; record; record = after) {
            after = record->overflow;
            push(bin, bins, record);
        }
        pthread_mutex_unlock(&cache->bin[i].lock);
        pthread_mutex_destroy(&cache->bin[i].lock);
    }
    free(cache->bin);
    cache->bin = bin;
    cache->bins = bins;
}

static void *create(void)
{
    struct cache *cache = must(calloc(1, sizeof *cache));
    cache->bins = 512;
    cache->bin = new_bins(cache->bins);
    return cache;
}

static struct record **locate(struct cache *cache, uint64_t id)
{
    uint32_t hash = hash_of(id);
    struct record **at = &cache->bin[hash & (cache->bins - 1)].records;
    while (*at && ((*at)->hash != hash || (*at)->id != id))
        at = &(*at)->overflow;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cache *cache = table;
    struct record *record = *locate(cache, key);
    if (record) {
        record->value = value;
        return;
    }
    record = must(calloc(1, sizeof *record));
    pthread_rwlock_init(&record->lock, NULL);
    record->hash = hash_of(key);
    record->id = key;
    record->value = value;
    record->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = record;
    cache->newest = record;
    push(cache->bin, cache->bins, record);
    if (++cache->records > cache->bins)
        split(cache);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct record *record = *locate(table, key);
    if (record)
        *value = record->value;
    return record != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct cache *cache = table;
    struct record **at = locate(cache, key), *record = *at;
    if (!record)
        return false;
    *at = record->overflow;
    *(record->newer ? &record->newer->older : &cache->newest) = record->older;
    *(record->older ? &record->older->newer : &cache->oldest) = record->newer;
    pthread_rwlock_destroy(&record->lock);
    free(record);
    cache->records--;
    return true;
}

static void destroy(void *table)
{
    struct cache *cache = table;
    free(cache->bin);
    while (cache->newest) {
        struct record *older = cache->newest->older;
        free(cache->newest);
        cache->newest = older;
    }
    free(cache);
}

static struct shape shape(const void *table)
{
    const struct cache *cache = table;
    return (struct shape){.address = cache->bin, .capacity = cache->bins, .live = cache->records};
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
