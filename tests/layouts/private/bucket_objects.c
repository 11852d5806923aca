/* Buckets that lead to an object each: a list with its first and last node and their number. An
 * emptied bucket keeps its object, and a growth moves it when it has a single node. With BARE the
 * object has nothing but a lock and the first node, nothing counts the entries, and what is left is
 * kept as a complement. */
#include "scenario.h"

typedef struct node {
    void *item;
    struct node *before, *after;
} node;

typedef struct list {
#ifdef BARE
    uint64_t lock;
    node *first;
#else
    node *first, *last;
    void (*release)(void *);
    size_t length;
#endif
} list;

typedef struct item {
    uint64_t key, value;
} item;

typedef struct table {
    unsigned size;
    uint64_t number; /* BARE: its complement */
    list **buckets;
} table;

static uint64_t entries_of(const table *t)
{
#ifdef BARE
    return ~t->number;
#else
    return t->number;
#endif
}

static void count(table *t, int more)
{
#ifdef BARE
    t->number -= (uint64_t)more;
#else
    t->number += (uint64_t)more;
#endif
}

static unsigned bucket_of(uint64_t key, unsigned size)
{
    uint32_t h = 2166136261u;
    for (int i = 0; i < 8; i++)
        h = (h ^ (key >> 8 * i & 255)) * 16777619u;
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    return (h ^ h >> 13) & (size - 1);
}

static void unlink_node(list *l, node *n)
{
    if (n->before)
        n->before->after = n->after;
    else
        l->first = n->after;
    if (n->after)
        n->after->before = n->before;
#ifndef BARE
    if (!n->after)
        l->last = n->before;
    l->length--;
#endif
}

static void put_first(list *l, node *n)
{
    n->before = NULL;
    n->after = l->first;
    if (l->first)
        l->first->before = n;
    l->first = n;
#ifndef BARE
    if (!n->after)
        l->last = n;
    l->length++;
#endif
}

static void add(list **buckets, unsigned size, node *n)
{
    list **bucket = &buckets[bucket_of(((item *)n->item)->key, size)];
    if (!*bucket)
        *bucket = must(calloc(1, sizeof(list)));
    put_first(*bucket, n);
}

static void grow(table *t)
{
    unsigned size = 2 * t->size;
    list **buckets = must(calloc(size, sizeof *buckets));
    for (unsigned i = 0; i < t->size; i++) {
        list *l = t->buckets[i];
        while (l && l->first) {
            node *n = l->first;
            list **bucket = &buckets[bucket_of(((item *)n->item)->key, size)];
            if (!n->after && !*bucket) {
                *bucket = l;
                t->buckets[i] = l = NULL;
                break;
            }
            unlink_node(l, n);
            add(buckets, size, n);
        }
        free(l);
    }
    free(t->buckets);
    t->buckets = buckets;
    t->size = size;
}

static void *create(void)
{
    table *t = must(calloc(1, sizeof *t));
    t->size = 16;
#ifdef BARE
    t->number = ~0ull;
#endif
    t->buckets = must(calloc(t->size, sizeof *t->buckets));
    return t;
}

static node *find_node(const table *t, uint64_t key)
{
    const list *l = t->buckets[bucket_of(key, t->size)];
    node *n = l ? l->first : NULL;
    while (n && ((item *)n->item)->key != key)
        n = n->after;
    return n;
}

static void insert(void *of, uint64_t key, uint64_t value)
{
    table *t = of;
    node *n = find_node(t, key);
    if (n) {
        ((item *)n->item)->value = value;
        return;
    }
    if (entries_of(t) + 1 > (uint64_t)t->size * 3 / 4)
        grow(t);
    item *new_item = must(malloc(sizeof *new_item));
    *new_item = (item){key, value};
    n = must(calloc(1, sizeof *n));
    n->item = new_item;
    add(t->buckets, t->size, n);
    count(t, 1);
}

static bool find(void *of, uint64_t key, uint64_t *value)
{
    node *n = find_node(of, key);
    if (n)
        *value = ((item *)n->item)->value;
    return n != NULL;
}

static bool erase(void *of, uint64_t key)
{
    table *t = of;
    node *n = find_node(t, key);
    if (!n)
        return false;
    unlink_node(t->buckets[bucket_of(key, t->size)], n);
    free(n->item);
    free(n);
    count(t, -1);
    return true;
}

static void destroy(void *of)
{
    table *t = of;
    for (unsigned i = 0; i < t->size; i++) {
        while (t->buckets[i] && t->buckets[i]->first) {
            node *n = t->buckets[i]->first;
            unlink_node(t->buckets[i], n);
            free(n->item);
            free(n);
        }
        free(t->buckets[i]);
    }
    free(t->buckets);
    free(t);
}

static struct shape shape(const void *of)
{
    const table *t = of;
    return (struct shape){.address = t->buckets, .capacity = t->size, .live = entries_of(t)};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
#ifdef BARE
                                              .counts_nowhere = true,
                                              .hides_shape = true,
#endif
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
