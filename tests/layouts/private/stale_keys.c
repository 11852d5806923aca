/*
 * Keys and addresses of values in two arrays; an entry is there while its value is, and its key
 * stays behind. Nobody counts: sixteen neighbours take an entry, or the arrays are doubled.
 */
#include "scenario.h"

enum { NEIGHBOURS = 16 };

typedef struct {
    uint64_t *keys;
    uint64_t **values;
    size_t groups;
} grouped_t;

static size_t group_of(uint64_t key, size_t groups)
{
    uint64_t h = key * 0xbea225f9eb34556du;
    h ^= h >> 32;
    h *= 0xbea225f9eb34556du;
    h ^= h >> 29;
    return (size_t)(h % groups) * NEIGHBOURS;
}

static void allocate(grouped_t *g, size_t groups)
{
    g->groups = groups;
    g->keys = must(calloc(groups * NEIGHBOURS, sizeof(*g->keys)));
    g->values = must(calloc(groups * NEIGHBOURS, sizeof(*g->values)));
}

static bool place(grouped_t *g, uint64_t key, uint64_t *value)
{
    size_t first = group_of(key, g->groups);
    for (size_t i = first; i < first + NEIGHBOURS; i++)
        if (g->values[i] == NULL) {
            g->keys[i] = key;
            g->values[i] = value;
            return true;
        }
    return false;
}

static void release(grouped_t *g)
{
    free(g->keys);
    free(g->values);
}

static void enlarge(grouped_t *g)
{
    grouped_t bigger;
    size_t groups = g->groups;
    bool fits;
    do {
        groups *= 2;
        allocate(&bigger, groups);
        fits = true;
        for (size_t i = 0; i < g->groups * NEIGHBOURS && fits; i++)
            fits = g->values[i] == NULL || place(&bigger, g->keys[i], g->values[i]);
        if (!fits)
            release(&bigger);
    } while (!fits);
    release(g);
    *g = bigger;
}

static uint64_t **seek(grouped_t *g, uint64_t key)
{
    size_t first = group_of(key, g->groups);
    for (size_t i = first; i < first + NEIGHBOURS; i++)
        if (g->values[i] != NULL && g->keys[i] == key)
            return &g->values[i];
    return NULL;
}

static void *create(void)
{
    grouped_t *g = must(malloc(sizeof(*g)));
    allocate(g, 8);
    return g;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    uint64_t **slot = seek(table, key);
    if (slot != NULL) {
        **slot = value;
        return;
    }
    uint64_t *boxed = must(malloc(24));
    *boxed = value;
    while (!place(table, key, boxed))
        enlarge(table);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint64_t **slot = seek(table, key);
    if (slot != NULL)
        *value = **slot;
    return slot != NULL;
}

static bool erase(void *table, uint64_t key)
{
    uint64_t **slot = seek(table, key);
    if (slot == NULL)
        return false;
    free(*slot);
    *slot = NULL;
    return true;
}

static void destroy(void *table)
{
    grouped_t *g = table;
    for (size_t i = 0; i < g->groups * NEIGHBOURS; i++)
        free(g->values[i]);
    release(g);
    free(g);
}

static struct shape shape(const void *table)
{
    const grouped_t *g = table;
    struct shape shape = {
        .address = g->keys, .others = {g->values, NULL}, .capacity = g->groups * NEIGHBOURS};
    for (size_t i = 0; i < shape.capacity; i++)
        shape.live += g->values[i] != NULL;
    return shape;
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
