/*
 * Double hashing into a prime number of keys and values, of one size from the beginning; the hash
 * is the program's own and not kept. Erased keys become a mark.
 */
#include "scenario.h"

#define PRIME 196613u
#define GONE  UINT64_MAX

struct set {
    uint64_t *keys;
    uint64_t *values;
    size_t filled, dead;
};

static uint64_t scramble(uint64_t x, uint64_t by)
{
    x = (x + by) * 0x2127599bf4325c37u;
    x ^= x >> 23;
    x *= 0x880355f21e6d1965u;
    return x ^ (x >> 47);
}

static size_t probe(const struct set *s, uint64_t key, size_t *grave)
{
    size_t at = scramble(key, 77) % PRIME, step = 1 + scramble(key, 4242) % (PRIME - 2);
    *grave = PRIME;
    while (s->keys[at] != 0 && s->keys[at] != key) {
        if (s->keys[at] == GONE && *grave == PRIME)
            *grave = at;
        at = (at + step) % PRIME;
    }
    return at;
}

static void *create(void)
{
    struct set *s = must(calloc(1, sizeof(*s)));
    s->keys = must(calloc(PRIME, sizeof(*s->keys)));
    s->values = must(calloc(PRIME, sizeof(*s->values)));
    return s;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct set *s = table;
    size_t grave, at = probe(s, key, &grave);
    if (s->keys[at] == 0) {
        s->filled++;
        if (grave != PRIME) {
            at = grave;
            s->dead--;
        }
    }
    s->keys[at] = key;
    s->values[at] = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct set *s = table;
    size_t grave, at = probe(s, key, &grave);
    *value = s->values[at];
    return s->keys[at] == key;
}

static bool erase(void *table, uint64_t key)
{
    struct set *s = table;
    size_t grave, at = probe(s, key, &grave);
    if (s->keys[at] != key)
        return false;
    s->keys[at] = GONE;
    s->values[at] = 0;
    s->filled--;
    s->dead++;
    return true;
}

static void destroy(void *table)
{
    struct set *s = table;
    free(s->keys);
    free(s->values);
    free(s);
}

static struct shape shape(const void *table)
{
    const struct set *s = table;
    return (struct shape){.address = s->keys,
                          .others = {s->values, NULL},
                          .capacity = PRIME,
                          .live = s->filled,
                          .tombstones = s->dead};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
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
