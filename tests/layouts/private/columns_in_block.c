/* One block from malloc: a header with the table's numbers, 4-byte hashes (0: free), keys, values.
 * Only the hashes are cleared, the rest is as malloc left it. Linear probing, erased by moving
 * entries back, which leaves old keys and values behind. */
#include "scenario.h"

#include <string.h>

struct store {
    uint32_t room_log2;
    uint32_t used;
    uint64_t changes;
    uint32_t hashes[];
};

struct index {
    const char *name;
    struct store *store;
};

static uint64_t *keys_of(struct store *s)
{
    return (uint64_t *)(void *)(s->hashes + (1u << s->room_log2));
}

static uint64_t *values_of(struct store *s)
{
    return keys_of(s) + (1u << s->room_log2);
}

static uint32_t hash_of(uint64_t key)
{
    uint64_t h = key * 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return (uint32_t)(h >> 32) | 1u;
}

static uint32_t home_of(const struct store *s, uint32_t hash)
{
    return (hash >> 1) & ((1u << s->room_log2) - 1);
}

static struct store *store_new(uint32_t room_log2)
{
    size_t room = (size_t)1 << room_log2;
    struct store *s = must(malloc(sizeof *s + room * (4 + 8 + 8)));
    s->room_log2 = room_log2;
    s->used = 0;
    s->changes = 0;
    memset(s->hashes, 0, room * sizeof s->hashes[0]);
    return s;
}

static void *create(void)
{
    struct index *index = must(malloc(sizeof *index));
    index->name = "columns";
    index->store = store_new(6);
    return index;
}

static int64_t position(struct store *s, uint64_t key)
{
    uint32_t hash = hash_of(key), mask = (1u << s->room_log2) - 1;
    for (uint32_t at = home_of(s, hash); s->hashes[at] != 0; at = (at + 1) & mask)
        if (s->hashes[at] == hash && keys_of(s)[at] == key)
            return at;
    return -1;
}

static void put(struct store *s, uint32_t hash, uint64_t key, uint64_t value)
{
    uint32_t mask = (1u << s->room_log2) - 1, at = home_of(s, hash);
    while (s->hashes[at] != 0)
        at = (at + 1) & mask;
    s->hashes[at] = hash;
    keys_of(s)[at] = key;
    values_of(s)[at] = value;
    s->used++;
    s->changes++;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct index *index = table;
    struct store *s = index->store;
    int64_t at = position(s, key);
    if (at >= 0) {
        values_of(s)[at] = value;
        return;
    }
    if (s->used * 10ull >= 8ull << s->room_log2) {
        struct store *bigger = store_new(s->room_log2 + 1);
        for (uint32_t i = 0; i < 1u << s->room_log2; i++)
            if (s->hashes[i] != 0)
                put(bigger, s->hashes[i], keys_of(s)[i], values_of(s)[i]);
        index->store = bigger;
        free(s);
        s = bigger;
    }
    put(s, hash_of(key), key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct store *s = ((struct index *)table)->store;
    int64_t at = position(s, key);
    if (at >= 0)
        *value = values_of(s)[at];
    return at >= 0;
}

static bool erase(void *table, uint64_t key)
{
    struct store *s = ((struct index *)table)->store;
    uint32_t mask = (1u << s->room_log2) - 1;
    int64_t found = position(s, key);
    if (found < 0)
        return false;
    uint32_t hole = (uint32_t)found;
    for (uint32_t at = (hole + 1) & mask; s->hashes[at] != 0; at = (at + 1) & mask) {
        uint32_t home = home_of(s, s->hashes[at]);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        s->hashes[hole] = s->hashes[at];
        keys_of(s)[hole] = keys_of(s)[at];
        values_of(s)[hole] = values_of(s)[at];
        hole = at;
    }
    s->hashes[hole] = 0;
    s->used--;
    s->changes++;
    return true;
}

static void destroy(void *table)
{
    struct index *index = table;
    free(index->store);
    free(index);
}

static struct shape shape(const void *table)
{
    const struct store *s = ((const struct index *)table)->store;
    return (struct shape){.address = s, .capacity = 1ull << s->room_log2, .live = s->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
