/*
 * Heads of chains by number, and what they lead to in three vectors that each grow by a half when
 * they are full. Erased numbers are kept in a list through the vector of links.
 */
#include <string.h>

#include "scenario.h"

#define NONE (-1)

typedef struct {
    void *items;
    size_t count, room, item_bytes;
} vector_t;

typedef struct {
    int32_t *heads;
    size_t heads_count;
    vector_t keys, values, links;
    int32_t unused;
    size_t count;
} indexed_t;

static void *push(vector_t *v)
{
    if (v->count == v->room) {
        v->room = v->room < 16 ? 16 : v->room + v->room / 2;
        v->items = must(realloc(v->items, v->room * v->item_bytes));
    }
    return (char *)v->items + v->count++ * v->item_bytes;
}

static size_t home(uint64_t key, size_t heads)
{
    key ^= key >> 31;
    key *= 0x7fb5d329728ea185u;
    key ^= key >> 27;
    key *= 0x81dadef4bc2dd44du;
    return (key ^ (key >> 33)) & (heads - 1);
}

static int32_t *link_to(indexed_t *t, uint64_t key)
{
    const uint64_t *keys = t->keys.items;
    int32_t *at = &t->heads[home(key, t->heads_count)];
    while (*at != NONE && keys[*at] != key)
        at = (int32_t *)t->links.items + *at;
    return at;
}

static void more_heads(indexed_t *t)
{
    size_t count = t->heads_count * 2;
    int32_t *heads = must(malloc(count * sizeof(*heads))), *links = t->links.items;
    const uint64_t *keys = t->keys.items;
    memset(heads, 0xff, count * sizeof(*heads));
    for (size_t i = 0; i < t->heads_count; i++)
        for (int32_t n = t->heads[i], next; n != NONE; n = next) {
            size_t at = home(keys[n], count);
            next = links[n];
            links[n] = heads[at];
            heads[at] = n;
        }
    free(t->heads);
    t->heads = heads;
    t->heads_count = count;
}

static void *create(void)
{
    indexed_t *t = must(calloc(1, sizeof(*t)));
    t->heads_count = 32;
    t->heads = must(malloc(t->heads_count * sizeof(*t->heads)));
    memset(t->heads, 0xff, t->heads_count * sizeof(*t->heads));
    t->keys.item_bytes = t->values.item_bytes = 8;
    t->links.item_bytes = 4;
    t->unused = NONE;
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    indexed_t *t = table;
    int32_t *at = link_to(t, key), n = *at;
    if (n == NONE) {
        if (t->count == t->heads_count)
            more_heads(t);
        n = t->unused;
        if (n != NONE) {
            t->unused = ((int32_t *)t->links.items)[n];
        } else {
            n = (int32_t)t->keys.count;
            push(&t->keys);
            push(&t->values);
            push(&t->links);
        }
        int32_t *head = &t->heads[home(key, t->heads_count)];
        ((uint64_t *)t->keys.items)[n] = key;
        ((int32_t *)t->links.items)[n] = *head;
        *head = n;
        t->count++;
    }
    ((uint64_t *)t->values.items)[n] = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    indexed_t *t = table;
    int32_t n = *link_to(t, key);
    if (n != NONE)
        *value = ((uint64_t *)t->values.items)[n];
    return n != NONE;
}

static bool erase(void *table, uint64_t key)
{
    indexed_t *t = table;
    int32_t *at = link_to(t, key), n = *at;
    if (n == NONE)
        return false;
    int32_t *link = (int32_t *)t->links.items + n;
    *at = *link;
    *link = t->unused;
    t->unused = n;
    t->count--;
    return true;
}

static void destroy(void *table)
{
    indexed_t *t = table;
    free(t->heads);
    free(t->keys.items);
    free(t->values.items);
    free(t->links.items);
    free(t);
}

static struct shape shape(const void *table)
{
    const indexed_t *t = table;
    return (struct shape){.address = t->heads,
                          .others = {t->keys.items, t->values.items},
                          .capacity = t->heads_count,
                          .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 300000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
