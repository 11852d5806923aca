/* Buckets of a lock and the first entry, whose lists all end at one node; made larger where they
 * are. Of keys in sequence the hash, a sum with 33 to some power, leaves long runs of buckets in
 * use and others empty. */
#include "scenario.h"

struct item {
    struct item *after;
    uint32_t hash;
    uint64_t id, value;
};

struct bucket {
    int lock;
    struct item *first;
};

struct items {
    struct bucket *buckets, *end;
    size_t number;
};

static struct item last;

static uint32_t hash_of(uint64_t id)
{
    uint32_t hash = 5381;
    for (unsigned i = 0; i < 32; i += 8)
        hash = hash * 33 + (uint32_t)(id >> i & 0xff);
    return hash;
}

static size_t buckets_of(const struct items *items)
{
    return (size_t)(items->end - items->buckets);
}

static void clear(struct bucket *bucket)
{
    bucket->lock = 0;
    bucket->first = &last;
}

static void push(struct items *items, struct item *item)
{
    struct bucket *bucket = &items->buckets[item->hash % buckets_of(items)];
    item->after = bucket->first;
    bucket->first = item;
}

static void enlarge(struct items *items)
{
    size_t before = buckets_of(items);
    items->buckets = must(realloc(items->buckets, 2 * before * sizeof *items->buckets));
    items->end = items->buckets + 2 * before;
    for (size_t i = before; i < 2 * before; i++)
        clear(&items->buckets[i]);
    for (size_t i = 0; i < before; i++) {
        struct item *item = items->buckets[i].first;
        items->buckets[i].first = &last;
        for (struct item *after; item != &last; item = after) {
            after = item->after;
            push(items, item);
        }
    }
}

static void *create(void)
{
    struct items *items = must(calloc(1, sizeof *items));
    items->buckets = must(malloc(16 * sizeof *items->buckets));
    items->end = items->buckets + 16;
    for (size_t i = 0; i < 16; i++)
        clear(&items->buckets[i]);
    return items;
}

static struct item **locate(const struct items *items, uint64_t id)
{
    struct item **at = &items->buckets[hash_of(id) % buckets_of(items)].first;
    while (*at != &last && (*at)->id != id)
        at = &(*at)->after;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct items *items = table;
    struct item *item = *locate(items, key);
    if (item != &last) {
        item->value = value;
        return;
    }
    if (items->number >= buckets_of(items))
        enlarge(items);
    item = must(malloc(sizeof *item));
    *item = (struct item){.hash = hash_of(key), .id = key, .value = value};
    push(items, item);
    items->number++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct item *item = *locate(table, key);
    if (item != &last)
        *value = item->value;
    return item != &last;
}

static bool erase(void *table, uint64_t key)
{
    struct items *items = table;
    struct item **at = locate(items, key), *item = *at;
    if (item == &last)
        return false;
    *at = item->after;
    free(item);
    items->number--;
    return true;
}

static void destroy(void *table)
{
    struct items *items = table;
    for (struct bucket *bucket = items->buckets; bucket < items->end; bucket++)
        for (struct item *item = bucket->first, *after; item != &last; item = after) {
            after = item->after;
            free(item);
        }
    free(items->buckets);
    free(items);
}

static struct shape shape(const void *table)
{
    const struct items *items = table;
    return (struct shape){
        .address = items->buckets, .capacity = buckets_of(items), .live = items->number};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 116361,
                                              .counts_nowhere = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
