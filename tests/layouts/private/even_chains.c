/* Chains by a hash that leaves every second bucket empty and fills the others alike: at each growth
 * every chain has two entries, and as many are occupied as the table had buckets. The entries are
 * in a list of their making, too, as WeeChat's are. */
#include "scenario.h"

typedef struct Item {
    uint64_t key;
    uint64_t value;
    struct Item *before, *after;     /* in the bucket */
    struct Item *made_before, *made; /* in the order of their making */
} Item;

typedef struct {
    int size;
    Item **buckets;
    int count;
    Item *oldest, *newest;
} Table;

static Item **bucket_of(const Table *t, uint64_t key)
{
    return &t->buckets[(key * 2 + 1) * 9 % (uint64_t)t->size];
}

static void *table_create(void)
{
    Table *t = must(calloc(1, sizeof *t));
    t->size = 1024;
    t->buckets = must(calloc((size_t)t->size, sizeof(Item *)));
    return t;
}

static void append(Item **bucket, Item *item)
{
    Item *last = NULL;
    for (Item *at = *bucket; at != NULL; at = at->after)
        last = at;
    item->before = last;
    item->after = NULL;
    *(last ? &last->after : bucket) = item;
}

static void grow(Table *t)
{
    Table bigger = {.size = t->size * 2};
    bigger.buckets = must(calloc((size_t)bigger.size, sizeof(Item *)));
    for (Item *item = t->oldest; item != NULL; item = item->made)
        append(bucket_of(&bigger, item->key), item);
    free(t->buckets);
    t->buckets = bigger.buckets;
    t->size = bigger.size;
}

static void table_insert(void *table, uint64_t key, uint64_t value)
{
    Table *t = table;
    if (t->count >= 2 * t->size)
        grow(t);
    Item *item = must(malloc(sizeof *item));
    *item = (Item){.key = key, .value = value, .made_before = t->newest};
    append(bucket_of(t, key), item);
    *(t->newest ? &t->newest->made : &t->oldest) = item;
    t->newest = item;
    t->count++;
}

static Item *find_item(const Table *t, uint64_t key)
{
    Item *item = *bucket_of(t, key);
    while (item != NULL && item->key != key)
        item = item->after;
    return item;
}

static bool table_find(void *table, uint64_t key, uint64_t *value)
{
    Item *item = find_item(table, key);
    if (item == NULL)
        return false;
    *value = item->value;
    return true;
}

static bool table_erase(void *table, uint64_t key)
{
    Table *t = table;
    Item *item = find_item(t, key);
    if (item == NULL)
        return false;
    *(item->before ? &item->before->after : bucket_of(t, key)) = item->after;
    if (item->after)
        item->after->before = item->before;
    *(item->made_before ? &item->made_before->made : &t->oldest) = item->made;
    *(item->made ? &item->made->made_before : &t->newest) = item->made_before;
    free(item);
    t->count--;
    return true;
}

static void table_destroy(void *table)
{
    Table *t = table;
    free(t->buckets);
    while (t->oldest) {
        Item *next = t->oldest->made;
        free(t->oldest);
        t->oldest = next;
    }
    free(t);
}

static struct shape table_shape(const void *table)
{
    const Table *t = table;
    return (struct shape){
        .address = t->buckets, .capacity = (uint64_t)t->size, .live = (uint64_t)t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .create = table_create,
                                              .insert = table_insert,
                                              .find = table_find,
                                              .erase = table_erase,
                                              .destroy = table_destroy,
                                              .shape = table_shape};
    return run_scenario(argc, argv, &kind);
}
