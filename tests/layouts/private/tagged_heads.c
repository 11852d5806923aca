/*
 * Four vectors, as a collector has them, each with its length in front: the heads of chains, and
 * for each entry the number of the next one, its hash, and its key and value. Numbers bear a tag in
 * their lowest bits, values as well, so that the same words stand in the heads, the links and the
 * values. The columns are copied when the table grows by a half, the heads are freed before larger
 * ones are made.
 */
#include "scenario.h"

#include <string.h>

#define NOTHING tagged(-1)
#define UNBOUND 0x30

struct vector {
    int64_t length;
    int64_t items[];
};

struct table {
    struct vector *hashes, *links, *heads;
    int64_t count, free_entry; /* -1: none */
    float threshold, growth;
    struct vector *pairs;
};

static int64_t tagged(int64_t number)
{
    return number * 4 + 2;
}

static int64_t number_of(int64_t item)
{
    return item >> 2;
}

/* A long value takes the whole item. */
static uint64_t value_in(int64_t item)
{
    return (uint64_t)item >> 34 ? (uint64_t)item : (uint64_t)number_of(item);
}

static struct vector *filled(int64_t length, int64_t item)
{
    struct vector *vector = must(malloc(sizeof *vector + (size_t)length * sizeof *vector->items));
    vector->length = length;
    for (int64_t i = 0; i < length; i++)
        vector->items[i] = item;
    return vector;
}

static struct vector *longer(struct vector *old, int64_t length, int64_t item)
{
    struct vector *vector = must(malloc(sizeof *vector + (size_t)length * sizeof *vector->items));
    memcpy(vector->items, old->items, (size_t)old->length * sizeof *vector->items);
    for (int64_t i = old->length; i < length; i++)
        vector->items[i] = item;
    vector->length = length;
    free(old);
    return vector;
}

static int64_t heads_for(const struct table *table, int64_t length)
{
    int64_t heads = (int64_t)((float)length / table->threshold) | 1;
    while (heads % 3 == 0 || heads % 5 == 0 || heads % 7 == 0)
        heads += 2;
    return heads;
}

static int64_t hash_of(uint64_t key)
{
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return (int64_t)(key >> 4);
}

static int64_t *head_of(const struct table *table, int64_t hash)
{
    return &table->heads->items[hash % table->heads->length];
}

static void free_from(struct table *table, int64_t first)
{
    for (int64_t i = first; i + 1 < table->links->length; i++)
        table->links->items[i] = tagged(i + 1);
    table->free_entry = first;
}

static void grow(struct table *table)
{
    int64_t before = table->links->length;
    int64_t length = before + (int64_t)((float)before * table->growth);
    table->links = longer(table->links, length, NOTHING);
    table->pairs = longer(table->pairs, 2 * length, UNBOUND);
    table->hashes = longer(table->hashes, length, 0);
    free(table->heads);
    table->heads = filled(heads_for(table, length), NOTHING);
    for (int64_t i = 0; i < before; i++) {
        int64_t *head = head_of(table, number_of(table->hashes->items[i]));
        table->links->items[i] = *head;
        *head = tagged(i);
    }
    free_from(table, before);
}

static void *create(void)
{
    struct table *table = must(calloc(1, sizeof *table));
    table->threshold = 0.8125f;
    table->growth = 0.5f;
    table->links = filled(64, NOTHING);
    table->pairs = filled(128, UNBOUND);
    table->hashes = filled(64, 0);
    table->heads = filled(heads_for(table, 64), NOTHING);
    free_from(table, 0);
    return table;
}

/* The link that leads to the key's entry, or the last one of its chain. */
static int64_t *search(const struct table *table, uint64_t key)
{
    int64_t *link = head_of(table, hash_of(key));
    while (*link != NOTHING && table->pairs->items[2 * number_of(*link)] != (int64_t)key << 3)
        link = &table->links->items[number_of(*link)];
    return link;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct table *table = memory;
    int64_t *link = search(table, key), entry;
    if (*link == NOTHING) {
        if (table->free_entry < 0)
            grow(table);
        entry = table->free_entry;
        table->free_entry = number_of(table->links->items[entry]);
        link = head_of(table, hash_of(key));
        table->pairs->items[2 * entry] = (int64_t)key << 3;
        table->hashes->items[entry] = tagged(hash_of(key));
        table->links->items[entry] = *link;
        *link = tagged(entry);
        table->count++;
    }
    int64_t *pair = &table->pairs->items[2 * number_of(*link)];
    pair[1] = value >> 32 ? (int64_t)value : tagged((int64_t)value);
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    const struct table *table = memory;
    int64_t link = *search(table, key);
    if (link != NOTHING)
        *value = value_in(table->pairs->items[2 * number_of(link) + 1]);
    return link != NOTHING;
}

static bool erase(void *memory, uint64_t key)
{
    struct table *table = memory;
    int64_t *link = search(table, key), entry = number_of(*link);
    if (*link == NOTHING)
        return false;
    *link = table->links->items[entry];
    table->pairs->items[2 * entry] = UNBOUND;
    table->pairs->items[2 * entry + 1] = 0;
    table->hashes->items[entry] = 0;
    table->links->items[entry] = tagged(table->free_entry);
    table->free_entry = entry;
    table->count--;
    return true;
}

static void destroy(void *memory)
{
    struct table *table = memory;
    free(table->links);
    free(table->pairs);
    free(table->hashes);
    free(table->heads);
    free(table);
}

static struct shape shape(const void *memory)
{
    const struct table *table = memory;
    return (struct shape){.address = table->heads,
                          .others = {table->pairs, table->hashes},
                          .capacity = (uint64_t)table->heads->length,
                          .live = (uint64_t)table->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 95000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
