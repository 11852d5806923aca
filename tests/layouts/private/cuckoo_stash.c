/* Cuckoo hashing over two arrays and a stash of eight: both grow at once when the stash is full,
 * which is at no fixed load. */
#include "scenario.h"

#include <string.h>

#define STASH 8

struct nest {
    uint64_t key; /* 0: empty */
    uint64_t value;
};

struct cuckoo {
    struct nest *left, *right;
    struct nest stash[STASH];
    unsigned stashed;
    uint32_t bits; /* nests on each side: 2^bits */
    uint64_t seed[2];
    uint64_t entries;
};

static struct nest *nest_at(const struct cuckoo *c, int side, uint64_t key)
{
    uint64_t h = key * c->seed[side];
    h ^= h >> 29;
    h *= 0x2545f4914f6cdd1du;
    return (side ? c->right : c->left) + (h >> (64 - c->bits));
}

static void build(struct cuckoo *c, uint32_t bits)
{
    c->bits = bits;
    c->left = must(calloc((size_t)1 << bits, sizeof(struct nest)));
    c->right = must(calloc((size_t)1 << bits, sizeof(struct nest)));
    memset(c->stash, 0, sizeof c->stash);
    c->stashed = 0;
}

static bool lay(struct cuckoo *c, struct nest egg)
{
    for (int kick = 0; kick < 64; kick++) {
        for (int side = 0; side < 2; side++) {
            struct nest *nest = nest_at(c, side, egg.key);
            struct nest other = *nest;
            *nest = egg;
            if (other.key == 0)
                return true;
            egg = other;
        }
    }
    if (c->stashed < STASH) {
        c->stash[c->stashed++] = egg;
        return true;
    }
    struct nest *left = c->left, *right = c->right;
    struct nest stash[STASH];
    size_t nests = (size_t)1 << c->bits;
    memcpy(stash, c->stash, sizeof stash);
    build(c, c->bits + 1);
    for (size_t i = 0; i < nests; i++) {
        if (left[i].key != 0)
            lay(c, left[i]);
        if (right[i].key != 0)
            lay(c, right[i]);
    }
    for (int i = 0; i < STASH; i++)
        lay(c, stash[i]);
    free(left);
    free(right);
    return lay(c, egg);
}

static struct nest *nest_of(struct cuckoo *c, uint64_t key)
{
    for (int side = 0; side < 2; side++)
        if (nest_at(c, side, key)->key == key)
            return nest_at(c, side, key);
    for (unsigned i = 0; i < c->stashed; i++)
        if (c->stash[i].key == key)
            return &c->stash[i];
    return NULL;
}

static void *create(void)
{
    struct cuckoo *c = must(calloc(1, sizeof *c));
    c->seed[0] = 0x9e3779b97f4a7c15u;
    c->seed[1] = 0xc2b2ae3d27d4eb4fu;
    build(c, 5);
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cuckoo *c = table;
    struct nest *nest = nest_of(c, key);
    if (nest) {
        nest->value = value;
        return;
    }
    lay(c, (struct nest){key, value});
    c->entries++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct nest *nest = nest_of(table, key);
    if (nest)
        *value = nest->value;
    return nest != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct cuckoo *c = table;
    struct nest *nest = nest_of(c, key);
    if (!nest)
        return false;
    if (nest >= c->stash && nest < c->stash + STASH)
        *nest = c->stash[--c->stashed], nest = &c->stash[c->stashed];
    *nest = (struct nest){0, 0};
    c->entries--;
    return true;
}

static void destroy(void *table)
{
    struct cuckoo *c = table;
    free(c->left);
    free(c->right);
    free(c);
}

static struct shape shape(const void *table)
{
    const struct cuckoo *c = table;
    return (struct shape){.address = c->left,
                          .others = {c->right},
                          .capacity = (uint64_t)2 << c->bits,
                          .live = c->entries};
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
