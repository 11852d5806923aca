/* Cuckoo hashing with buckets of four: slots, then tags that say which are in use (libcuckoo's
 * way). Of one size from the beginning, or doubled when a kick finds no room. */
#include "scenario.h"

#include <string.h>

#define WAYS 4

struct bucket {
    struct {
        uint64_t key;
        uint64_t value;
    } slot[WAYS];
    uint8_t partial[WAYS];
    bool taken[WAYS];
};

struct map {
    uint64_t unused_locks;
    size_t hashpower;
    struct bucket *buckets;
    int64_t size;
    uint32_t dice;
};

static uint64_t hash(uint64_t key)
{
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    return key ^ key >> 32;
}

static uint8_t partial_of(uint64_t h)
{
    return (uint8_t)(h >> 56);
}

static size_t alternative(const struct map *m, uint8_t partial, size_t index)
{
    return (index ^ ((partial + 1ull) * 0xc6a4a7935bd1e995u)) & (((size_t)1 << m->hashpower) - 1);
}

static bool place_in(struct bucket *b, uint64_t key, uint64_t value)
{
    for (int w = 0; w < WAYS; w++) {
        if (!b->taken[w]) {
            b->taken[w] = true;
            b->partial[w] = partial_of(hash(key));
            b->slot[w].key = key;
            b->slot[w].value = value;
            return true;
        }
    }
    return false;
}

static void expand(struct map *m);

static void add(struct map *m, uint64_t key, uint64_t value)
{
    size_t index = hash(key) & (((size_t)1 << m->hashpower) - 1);
    for (int kick = 0; kick < 500; kick++) {
        size_t other = alternative(m, partial_of(hash(key)), index);
        if (place_in(&m->buckets[index], key, value) || place_in(&m->buckets[other], key, value))
            return;
        m->dice = m->dice * 1103515245u + 12345u;
        index = m->dice >> 30 & 1 ? index : other;
        struct bucket *b = &m->buckets[index];
        int w = m->dice >> 20 & (WAYS - 1);
        uint64_t k = b->slot[w].key, v = b->slot[w].value;
        b->slot[w].key = key, b->slot[w].value = value, b->partial[w] = partial_of(hash(key));
        key = k, value = v;
        index = alternative(m, partial_of(hash(key)), index);
    }
    expand(m);
    add(m, key, value);
}

static void expand(struct map *m)
{
    struct bucket *old = m->buckets;
    size_t count = (size_t)1 << m->hashpower++;
    m->buckets = must(calloc(count * 2, sizeof *old));
    for (size_t i = 0; i < count; i++)
        for (int w = 0; w < WAYS; w++)
            if (old[i].taken[w])
                add(m, old[i].slot[w].key, old[i].slot[w].value);
    free(old);
}

static struct bucket *bucket_with(struct map *m, uint64_t key, int *way)
{
    size_t index = hash(key) & (((size_t)1 << m->hashpower) - 1);
    for (int side = 0; side < 2; side++) {
        struct bucket *b = &m->buckets[index];
        for (int w = 0; w < WAYS; w++)
            if (b->taken[w] && b->slot[w].key == key) {
                *way = w;
                return b;
            }
        index = alternative(m, partial_of(hash(key)), index);
    }
    return NULL;
}

static void *create(void)
{
    struct map *m = must(calloc(1, sizeof *m));
    m->hashpower = 4;
    m->dice = 1;
    m->buckets = must(calloc((size_t)1 << m->hashpower, sizeof *m->buckets));
    return m;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *m = table;
    int way;
    struct bucket *b = bucket_with(m, key, &way);
    if (b) {
        b->slot[way].value = value;
        return;
    }
    add(m, key, value);
    m->size++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    int way;
    struct bucket *b = bucket_with(table, key, &way);
    if (b)
        *value = b->slot[way].value;
    return b != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct map *m = table;
    int way;
    struct bucket *b = bucket_with(m, key, &way);
    if (!b)
        return false;
    b->taken[way] = false;
    m->size--;
    return true;
}

static void destroy(void *table)
{
    free(((struct map *)table)->buckets);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct map *m = table;
    return (struct shape){.address = m->buckets,
                          .capacity = (uint64_t)WAYS << m->hashpower,
                          .live = (uint64_t)m->size};
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
