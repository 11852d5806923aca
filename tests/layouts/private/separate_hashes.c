/* Columns: hashes, keys, values. Quadratic probing by triangular numbers over the hashes. */
#include "scenario.h"

#define CAP 524288u

enum { EMPTY = 0, GONE = 1 };

struct columns {
    uint32_t *hashes;
    uint64_t *keys;
    uint64_t *values;
    uint64_t count, gone;
};

static uint32_t mangle(uint64_t key)
{
    uint32_t x = (uint32_t)key ^ 0xdeadbeefu, y = (uint32_t)(key >> 32);
    x = (x ^ y) * 0x45d9f3bu;
    x = (x ^ (x >> 16)) + y * 0x119de1f3u;
    x = (x ^ (x >> 15)) * 0x45d9f3bu;
    x ^= x >> 16;
    return x < 2 ? x | 2 : x;
}

static uint32_t seek(const struct columns *c, uint64_t key, uint32_t hash)
{
    uint32_t at = hash % CAP;
    for (uint32_t step = 1; c->hashes[at] != EMPTY; at = (at + step++) % CAP)
        if (c->hashes[at] == hash && c->keys[at] == key)
            break;
    return at;
}

static void *create(void)
{
    struct columns *c = must(calloc(1, sizeof *c));
    c->hashes = must(calloc(CAP, sizeof *c->hashes));
    c->keys = must(malloc(CAP * sizeof *c->keys));
    c->values = must(malloc(CAP * sizeof *c->values));
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct columns *c = table;
    uint32_t hash = mangle(key), at = seek(c, key, hash);
    if (c->hashes[at] == EMPTY) {
        c->hashes[at] = hash;
        c->keys[at] = key;
        c->count++;
    }
    c->values[at] = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct columns *c = table;
    uint32_t at = seek(c, key, mangle(key));
    if (c->hashes[at] == EMPTY)
        return false;
    *value = c->values[at];
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct columns *c = table;
    uint32_t at = seek(c, key, mangle(key));
    if (c->hashes[at] == EMPTY)
        return false;
    c->hashes[at] = GONE;
    c->count--;
    c->gone++;
    return true;
}

static void destroy(void *table)
{
    struct columns *c = table;
    free(c->hashes);
    free(c->keys);
    free(c->values);
    free(c);
}

static struct shape shape(const void *table)
{
    const struct columns *c = table;
    return (struct shape){.address = c->hashes,
                          .others = {c->keys, c->values},
                          .capacity = CAP,
                          .live = c->count,
                          .tombstones = c->gone};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 340000,
                                              .never_grows = true,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
