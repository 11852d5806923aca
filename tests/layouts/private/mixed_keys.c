/* No hash is kept: slots of key and value, key 0 empty, placed by MurmurHash3's finaliser. Erasing
 * moves the entries behind back, so that there are no marks. */
#include "scenario.h"

#define N (UINT64_C(1) << 18)

typedef struct pair {
    uint64_t k, v, seen;
} pair;

typedef struct dict {
    pair *pairs;
    uint64_t len;
} dict;

static uint64_t fmix(uint64_t k)
{
    k ^= k >> 33;
    k *= 0xff51afd7ed558ccdu;
    k ^= k >> 33;
    k *= 0xc4ceb9fe1a85ec53u;
    return k ^ k >> 33;
}

static uint64_t at(const dict *d, uint64_t k)
{
    uint64_t i = fmix(k) % N;
    while (d->pairs[i].k != 0 && d->pairs[i].k != k)
        i = (i + 1) % N;
    return i;
}

static void *create(void)
{
    dict *d = must(calloc(1, sizeof *d));
    d->pairs = must(calloc(N, sizeof *d->pairs));
    return d;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    dict *d = table;
    pair *p = &d->pairs[at(d, key)];
    d->len += p->k == 0;
    *p = (pair){key, value, d->len};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    dict *d = table;
    pair *p = &d->pairs[at(d, key)];
    *value = p->v;
    return p->k == key;
}

static bool erase(void *table, uint64_t key)
{
    dict *d = table;
    uint64_t hole = at(d, key);
    if (d->pairs[hole].k == 0)
        return false;
    for (uint64_t i = (hole + 1) % N; d->pairs[i].k != 0; i = (i + 1) % N) {
        uint64_t home = fmix(d->pairs[i].k) % N;
        if ((i - home) % N >= (i - hole) % N) {
            d->pairs[hole] = d->pairs[i];
            hole = i;
        }
    }
    d->pairs[hole] = (pair){0, 0, 0};
    d->len--;
    return true;
}

static void destroy(void *table)
{
    dict *d = table;
    free(d->pairs);
    free(d);
}

static struct shape shape(const void *table)
{
    const dict *d = table;
    return (struct shape){.address = d->pairs, .capacity = N, .live = d->len};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
