/*
 * The index of a store of chunks, made for all that may come: buckets of eight prints, the lower
 * bits of a print name its bucket, and what has no room there goes into one of the two next ones.
 */
#include "scenario.h"

#define BUCKETS (1u << 17)
#define SLOTS   8u
#define REACH   3u /* buckets that a print may be in */

struct chunk {
    uint64_t print; /* 0: there is none */
    uint32_t pack, offset;
};

struct bucket {
    struct chunk chunks[SLOTS];
};

struct store {
    char name[24];
    struct bucket *buckets;
    uint64_t chunks;
};

static uint64_t print_of(uint64_t key)
{
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    key = (key ^ key >> 29) * 0x9fb21c651e98df25u;
    return key ^ key >> 31;
}

static void *create(void)
{
    struct store *store = must(calloc(1, sizeof *store));
    store->buckets = must(calloc(BUCKETS, sizeof *store->buckets));
    return store;
}

/* The chunk with that print, which is 0 for the first free place. */
static struct chunk *look_up(const struct store *store, uint64_t home, uint64_t print)
{
    for (uint64_t nth = 0; nth < REACH; nth++) {
        struct bucket *bucket = &store->buckets[(home + nth) % BUCKETS];
        for (unsigned slot = 0; slot < SLOTS; slot++)
            if (bucket->chunks[slot].print == print)
                return &bucket->chunks[slot];
    }
    return NULL;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct store *store = table;
    uint64_t print = print_of(key);
    struct chunk *chunk = look_up(store, print, print);
    if (!chunk) {
        chunk = must(look_up(store, print, 0));
        store->chunks++;
    }
    *chunk = (struct chunk){print, (uint32_t)value, (uint32_t)(value >> 32)};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct chunk *chunk = look_up(table, print_of(key), print_of(key));
    if (chunk)
        *value = chunk->pack | (uint64_t)chunk->offset << 32;
    return chunk != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct store *store = table;
    struct chunk *chunk = look_up(store, print_of(key), print_of(key));
    if (!chunk)
        return false;
    *chunk = (struct chunk){0};
    store->chunks--;
    return true;
}

static void destroy(void *table)
{
    struct store *store = table;
    free(store->buckets);
    free(store);
}

static struct shape shape(const void *table)
{
    const struct store *store = table;
    return (struct shape){
        .address = store->buckets, .capacity = (uint64_t)BUCKETS * SLOTS, .live = store->chunks};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
