/*
 * Chains of 32-bit indices: an array of heads (-1: none) and a dense array of entries with a free
 * list through erased ones, both doubled together.
 */
#include <string.h>

#include "scenario.h"

#define NONE (-1)

typedef struct {
    uint64_t key;
    uint64_t value;
    int32_t next;
} entry_t;

typedef struct {
    int32_t *heads;
    entry_t *entries;
    int32_t limit;     /* of both arrays */
    int32_t fresh;     /* entries from here on were never used */
    int32_t free_list; /* through entry_t.next */
    int32_t live;
} chained_t;

static int32_t *head_of(chained_t *c, uint64_t key)
{
    uint64_t h = key * 0xbf58476d1ce4e5b9u;
    return &c->heads[(h ^ (h >> 29)) & (uint64_t)(c->limit - 1)];
}

static int32_t *link_of(chained_t *c, uint64_t key)
{
    int32_t *link = head_of(c, key);
    while (*link != NONE && c->entries[*link].key != key)
        link = &c->entries[*link].next;
    return link;
}

static void enlarge(chained_t *c, int32_t limit)
{
    c->limit = limit;
    c->entries = must(realloc(c->entries, (size_t)limit * sizeof(entry_t)));
    free(c->heads);
    c->heads = must(malloc((size_t)limit * sizeof(int32_t)));
    memset(c->heads, 0xff, (size_t)limit * sizeof(int32_t));
    /* It grows only when every entry is in use. */
    for (int32_t i = 0; i < c->fresh; i++) {
        int32_t *head = head_of(c, c->entries[i].key);
        c->entries[i].next = *head;
        *head = i;
    }
}

static void *create(void)
{
    chained_t *c = must(calloc(1, sizeof *c));
    c->free_list = NONE;
    enlarge(c, 64);
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    chained_t *c = table;
    int32_t *link = link_of(c, key);
    if (*link != NONE) {
        c->entries[*link].value = value;
        return;
    }
    int32_t slot = c->free_list;
    if (slot != NONE) {
        c->free_list = c->entries[slot].next;
    } else {
        if (c->fresh == c->limit)
            enlarge(c, c->limit * 2);
        slot = c->fresh++;
        link = link_of(c, key);
    }
    c->entries[slot] = (entry_t){key, value, NONE};
    *link = slot;
    c->live++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    chained_t *c = table;
    int32_t at = *link_of(c, key);
    if (at != NONE)
        *value = c->entries[at].value;
    return at != NONE;
}

static bool erase(void *table, uint64_t key)
{
    chained_t *c = table;
    int32_t *link = link_of(c, key), at = *link;
    if (at == NONE)
        return false;
    *link = c->entries[at].next;
    c->entries[at].next = c->free_list;
    c->free_list = at;
    c->live--;
    return true;
}

static void destroy(void *table)
{
    chained_t *c = table;
    free(c->heads);
    free(c->entries);
    free(c);
}

static struct shape shape(const void *table)
{
    const chained_t *c = table;
    return (struct shape){.address = c->heads,
                          .others = {c->entries, NULL},
                          .capacity = (uint64_t)c->limit,
                          .live = (uint64_t)c->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .frees_before_growing = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
