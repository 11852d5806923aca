/* A prime number of slots; keys, values and a bit for each slot that is free in one block, a
 * header before them. Linear probing; erasing moves what comes behind back, as far as it may, and
 * sets a bit. */
#include <string.h>

#include "scenario.h"

struct block {
    uint64_t magic;
    uint32_t slots, filled;
    uint64_t *keys;
    uint64_t *values;
    uint64_t *is_free;
};

struct box {
    struct block *block;
};

static const uint32_t primes[] = {67,   131,   257,   521,   1031,   2053,  4099,
                                  8209, 16411, 32771, 65537, 131101, 262147};

static bool is_free(const struct block *b, uint32_t at)
{
    return b->is_free[at / 64] >> (at % 64) & 1;
}

static struct block *make(uint32_t slots)
{
    size_t words = (slots + 63) / 64;
    struct block *b =
        must(malloc(sizeof *b + slots * sizeof(uint64_t) + words * 8 + slots * sizeof(uint64_t)));
    *b = (struct block){.magic = 0x626f78657321, .slots = slots, .keys = (uint64_t *)(b + 1)};
    b->is_free = b->keys + slots;
    b->values = b->is_free + words;
    memset(b->is_free, 0xff, words * 8);
    return b;
}

static uint32_t home(const struct block *b, uint64_t key)
{
    return (uint32_t)((key * 0x9e3779b97f4a7c15ull ^ key >> 33) % b->slots);
}

static uint32_t seek(const struct block *b, uint64_t key)
{
    uint32_t at = home(b, key);
    while (!is_free(b, at) && b->keys[at] != key)
        at = at + 1 == b->slots ? 0 : at + 1;
    return at;
}

static void put(struct block *b, uint64_t key, uint64_t value)
{
    uint32_t at = seek(b, key);
    if (is_free(b, at)) {
        b->is_free[at / 64] &= ~(1ull << at % 64);
        b->filled++;
    }
    b->keys[at] = key;
    b->values[at] = value;
}

static void *create(void)
{
    struct box *box = must(malloc(sizeof *box));
    box->block = make(primes[0]);
    return box;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct box *box = table;
    struct block *old = box->block;
    if (old->filled >= old->slots / 20 * 13) {
        unsigned next = 0;
        while (primes[next] <= old->slots)
            next++;
        box->block = make(primes[next]);
        for (uint32_t at = 0; at < old->slots; at++)
            if (!is_free(old, at))
                put(box->block, old->keys[at], old->values[at]);
        free(old);
    }
    put(box->block, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct block *b = ((struct box *)table)->block;
    uint32_t at = seek(b, key);
    if (is_free(b, at))
        return false;
    *value = b->values[at];
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct block *b = ((struct box *)table)->block;
    uint32_t hole = seek(b, key);
    if (is_free(b, hole))
        return false;
    for (uint32_t at = (hole + 1) % b->slots; !is_free(b, at); at = (at + 1) % b->slots) {
        uint32_t away = (at + b->slots - home(b, b->keys[at])) % b->slots;
        if (away < (at + b->slots - hole) % b->slots)
            continue;
        b->keys[hole] = b->keys[at];
        b->values[hole] = b->values[at];
        hole = at;
    }
    b->is_free[hole / 64] |= 1ull << hole % 64;
    b->filled--;
    return true;
}

static void destroy(void *table)
{
    struct box *box = table;
    free(box->block);
    free(box);
}

static struct shape shape(const void *table)
{
    const struct block *b = ((const struct box *)table)->block;
    return (struct shape){.address = b, .capacity = b->slots, .live = b->filled};
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
