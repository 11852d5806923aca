/*
 * Numbers of entries in lists, the entries in four vectors; all of one size from the beginning.
 * Erased numbers are kept in a list through the vector of links.
 */
#include "scenario.h"

#define NOBODY 0xffffffffu

static struct {
    uint32_t *first;
    uint64_t *key;
    uint64_t *value;
    uint32_t *after;
    uint32_t buckets, entries, given, spare, alive;
} lists;

static uint32_t bucket_of(uint64_t key)
{
    uint64_t h = (key ^ 0x2545f4914f6cdd1du) * 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return (uint32_t)(h >> 32) % lists.buckets;
}

static void *create(void)
{
    lists.buckets = 262144;
    lists.entries = 300000;
    lists.first = must(malloc(lists.buckets * sizeof(*lists.first)));
    lists.key = must(malloc(lists.entries * sizeof(*lists.key)));
    lists.value = must(malloc(lists.entries * sizeof(*lists.value)));
    lists.after = must(malloc(lists.entries * sizeof(*lists.after)));
    for (uint32_t i = 0; i < lists.buckets; i++)
        lists.first[i] = NOBODY;
    lists.spare = NOBODY;
    return &lists;
}

static uint32_t seek(uint64_t key, uint32_t *before)
{
    uint32_t at = lists.first[bucket_of(key)];
    *before = NOBODY;
    while (at != NOBODY && lists.key[at] != key) {
        *before = at;
        at = lists.after[at];
    }
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    uint32_t before, at = seek(key, &before), bucket = bucket_of(key);
    (void)table;
    if (at == NOBODY) {
        at = lists.spare;
        if (at != NOBODY)
            lists.spare = lists.after[at];
        else
            at = lists.given++;
        lists.key[at] = key;
        lists.after[at] = lists.first[bucket];
        lists.first[bucket] = at;
        lists.alive++;
    }
    lists.value[at] = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint32_t before, at = seek(key, &before);
    (void)table;
    if (at != NOBODY)
        *value = lists.value[at];
    return at != NOBODY;
}

static bool erase(void *table, uint64_t key)
{
    uint32_t before, at = seek(key, &before);
    (void)table;
    if (at == NOBODY)
        return false;
    if (before == NOBODY)
        lists.first[bucket_of(key)] = lists.after[at];
    else
        lists.after[before] = lists.after[at];
    lists.after[at] = lists.spare;
    lists.spare = at;
    lists.alive--;
    return true;
}

static void destroy(void *table)
{
    (void)table;
    free(lists.first);
    free(lists.key);
    free(lists.value);
    free(lists.after);
}

static struct shape shape(const void *table)
{
    (void)table;
    return (struct shape){.address = lists.first,
                          .others = {lists.key, lists.value},
                          .capacity = lists.buckets,
                          .live = lists.alive};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .keeps_erased = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
