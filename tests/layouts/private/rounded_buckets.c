/* Chains of nodes; the bucket array is rounded up to 64 KiB by the allocator and primes of a list
 * count the buckets, so that a good part of the block lies idle behind them. */
#include <string.h>

#include "scenario.h"

struct item {
    uint64_t key;
    struct item *more;
    uint64_t value;
};

struct bag {
    size_t n, size;
    struct item **head;
};

static const size_t sizes[] = {31,   67,    131,   257,   521,    1031,   2053,  4099,
                               8209, 16411, 32771, 65537, 131101, 262147, 524309};

static struct item **heads(size_t size)
{
    size_t bytes = (size * sizeof(struct item *) + 65535) & ~(size_t)65535;
    return must(calloc(1, bytes));
}

static size_t slot(uint64_t key, size_t size)
{
    key *= 0xff51afd7ed558ccdu;
    return (key ^ key >> 32) % size;
}

static void *create(void)
{
    struct bag *b = must(malloc(sizeof *b));
    *b = (struct bag){.size = sizes[0], .head = heads(sizes[0])};
    return b;
}

static struct item **place_of(const struct bag *b, uint64_t key)
{
    struct item **p = &b->head[slot(key, b->size)];
    while (*p && (*p)->key != key)
        p = &(*p)->more;
    return p;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct bag *b = table;
    struct item **p = place_of(b, key);
    if (*p) {
        (*p)->value = value;
        return;
    }
    if (b->n >= b->size) {
        size_t i = 0;
        while (sizes[i] <= b->size)
            i++;
        struct item **wider = heads(sizes[i]);
        for (size_t at = 0; at < b->size; at++) {
            for (struct item *item = b->head[at], *more; item; item = more) {
                more = item->more;
                item->more = wider[slot(item->key, sizes[i])];
                wider[slot(item->key, sizes[i])] = item;
            }
        }
        free(b->head);
        b->head = wider;
        b->size = sizes[i];
        p = place_of(b, key);
    }
    struct item *item = must(malloc(sizeof *item));
    *item = (struct item){.key = key, .value = value};
    *p = item;
    b->n++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct item *item = *place_of(table, key);
    if (item)
        *value = item->value;
    return item != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct bag *b = table;
    struct item **p = place_of(b, key), *item = *p;
    if (!item)
        return false;
    *p = item->more;
    free(item);
    b->n--;
    return true;
}

static void destroy(void *table)
{
    struct bag *b = table;
    for (size_t at = 0; at < b->size; at++)
        for (struct item *item = b->head[at], *more; item; item = more) {
            more = item->more;
            free(item);
        }
    free(b->head);
    free(b);
}

static struct shape shape(const void *table)
{
    const struct bag *b = table;
    return (struct shape){.address = b->head, .capacity = b->size, .live = b->n};
}

int main(int argc, char **argv)
{
    struct private_table kind = {.entries = 400000,
                                 .create = create,
                                 .insert = insert,
                                 .find = find,
                                 .erase = erase,
                                 .destroy = destroy,
                                 .shape = shape};
    /* Until the old array is freed the object names the size of before, and nobody looks for it
     * when the last one goes: then the block is all that tells. */
    if (argc > 1 && strcmp(argv[1], "freed") == 0)
        kind.capacity_tolerance = 0.02;
    return run_scenario(argc, argv, &kind);
}
