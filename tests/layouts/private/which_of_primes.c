/*
 * Buckets of chains, a prime number of them. The object keeps which of its primes that is, beside
 * the number itself: by primes that double it counts as a logarithm would. A length stands in front
 * of each block.
 */
#include "scenario.h"

struct link {
    struct link *next;
    uint64_t key, value;
};

struct chains {
    struct link **buckets;
    void *pool;
    uint32_t bucket_count, grow_above, shrink_below;
    uint32_t which, least;
    uint32_t links, flags;
};

static const uint32_t primes[] = {5,    11,   17,   37,    67,    131,   257,    521,   1031,
                                  2053, 4099, 8209, 16411, 32771, 65537, 131101, 262147};

static void *allocate(size_t bytes)
{
    uint64_t *block = must(calloc(1, bytes + sizeof *block));
    *block = bytes;
    return block + 1;
}

static void release(void *memory)
{
    free((uint64_t *)memory - 1);
}

static struct link **bucket_of(const struct chains *chains, uint64_t key)
{
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return &chains->buckets[(uint32_t)(key ^ key >> 31) % chains->bucket_count];
}

static void resize(struct chains *chains)
{
    struct link **old = chains->buckets;
    uint32_t before = old ? chains->bucket_count : 0;
    chains->bucket_count = primes[chains->which];
    chains->grow_above = chains->bucket_count * 3 / 4;
    chains->shrink_below = chains->bucket_count * 3 / 16;
    chains->buckets = allocate(chains->bucket_count * sizeof *chains->buckets);
    for (uint32_t i = 0; i < before; i++)
        for (struct link *link = old[i], *next; link != NULL; link = next) {
            struct link **bucket = bucket_of(chains, link->key);
            next = link->next;
            link->next = *bucket;
            *bucket = link;
        }
    if (old)
        release(old);
}

static void *create(void)
{
    struct chains *chains = must(calloc(1, sizeof *chains));
    resize(chains);
    return chains;
}

static struct link **search(const struct chains *chains, uint64_t key)
{
    struct link **at = bucket_of(chains, key);
    while (*at != NULL && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct chains *chains = table;
    struct link **at = search(chains, key);
    if (*at == NULL) {
        struct link *link = must(malloc(sizeof *link));
        at = bucket_of(chains, key);
        *link = (struct link){*at, key, value};
        *at = link;
        if (++chains->links > chains->grow_above) {
            chains->which++;
            resize(chains);
        }
        return;
    }
    (*at)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct link *link = *search(table, key);
    if (link != NULL)
        *value = link->value;
    return link != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct chains *chains = table;
    struct link **at = search(chains, key), *link = *at;
    if (link == NULL)
        return false;
    *at = link->next;
    free(link);
    chains->links--;
    return true;
}

static void destroy(void *table)
{
    struct chains *chains = table;
    for (uint32_t i = 0; i < chains->bucket_count; i++)
        for (struct link *link = chains->buckets[i], *next; link != NULL; link = next) {
            next = link->next;
            free(link);
        }
    release(chains->buckets);
    free(chains);
}

static struct shape shape(const void *table)
{
    const struct chains *chains = table;
    return (struct shape){.address = (const uint64_t *)(const void *)chains->buckets - 1,
                          .capacity = chains->bucket_count,
                          .live = chains->links};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
