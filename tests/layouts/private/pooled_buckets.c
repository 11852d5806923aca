/* Chains whose heads lie in a pool: behind the three words that the pool keeps in front of each of
 * its blocks, which are whole pages. Arrays that were outgrown stay in the pool, so nobody sees one
 * replace the other; entries that were erased wait there for others. */
#include "scenario.h"

#include <string.h>

#define PAGE  4096u
#define SMALL 8192u /* bytes of a block that many objects share */

struct block {
    struct block *next;
    char *unused, *end;
};

struct item {
    struct item *next;
    uint32_t hash, weight;
    uint64_t key, value;
};

struct buckets {
    struct block *pool;
    struct item **heads;
    struct item *waiting;
    uint32_t count, last;
};

static void *take(struct buckets *t, size_t bytes)
{
    size_t whole = (bytes + sizeof(struct block) + PAGE - 1) / PAGE * PAGE;
    struct block *block = t->pool;
    if (block == NULL || (size_t)(block->end - block->unused) < bytes) {
        size_t size = whole > SMALL ? whole : SMALL;
        block = must(malloc(size));
        *block = (struct block){
            .next = t->pool, .unused = (char *)(block + 1), .end = (char *)block + size};
        t->pool = block;
    }
    void *taken = block->unused;
    block->unused += bytes;
    return taken;
}

static struct item **take_heads(struct buckets *t, uint32_t number)
{
    struct item **heads = take(t, number * sizeof(*heads));
    return memset(heads, 0, number * sizeof(*heads));
}

static uint32_t hash(uint64_t key)
{
    uint32_t h = 0x811c9dc5u;
    for (unsigned i = 0; i < sizeof(key); i++)
        h = (h ^ (uint8_t)(key >> 8 * i)) * 16777619u;
    return h ^ h >> 15;
}

static struct item **lookup(struct buckets *t, uint64_t key)
{
    uint32_t h = hash(key);
    struct item **item = &t->heads[h & t->last];
    while (*item != NULL && ((*item)->hash != h || (*item)->key != key))
        item = &(*item)->next;
    return item;
}

static void grow(struct buckets *t)
{
    uint32_t last = t->last * 2 + 1;
    struct item **heads = take_heads(t, last + 1);
    for (uint32_t i = 0; i <= t->last; i++)
        for (struct item *item = t->heads[i], *next; item != NULL; item = next) {
            next = item->next;
            item->next = heads[item->hash & last];
            heads[item->hash & last] = item;
        }
    t->heads = heads;
    t->last = last;
}

static void *create(void)
{
    struct buckets *t = must(calloc(1, sizeof *t));
    t->last = 15;
    t->heads = take_heads(t, t->last + 1);
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct buckets *t = table;
    struct item **at = lookup(t, key), *item = *at;
    if (item != NULL) {
        item->value = value;
        return;
    }
    item = t->waiting;
    if (item != NULL)
        t->waiting = item->next;
    else
        item = take(t, sizeof *item);
    *item = (struct item){.hash = hash(key), .key = key, .value = value};
    *at = item;
    if (++t->count > t->last)
        grow(t);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct item *item = *lookup(table, key);
    if (item != NULL)
        *value = item->value;
    return item != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct buckets *t = table;
    struct item **at = lookup(t, key), *item = *at;
    if (item == NULL)
        return false;
    *at = item->next;
    item->next = t->waiting;
    t->waiting = item;
    t->count--;
    return true;
}

static void destroy(void *table)
{
    struct buckets *t = table;
    for (struct block *block = t->pool, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(t);
}

static struct shape shape(const void *table)
{
    const struct buckets *t = table;
    return (struct shape){.address = (char *)t->heads - sizeof(struct block),
                          .capacity = t->last + 1u,
                          .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
