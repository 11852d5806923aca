/* Quadratic probing over prime sizes; values are pointers, and an erased slot keeps a mark. */
#include "scenario.h"

#define ERASED UINT64_MAX /* key of a slot that was erased */

struct record {
    uint64_t value;
};

struct bin {
    uint64_t key; /* 0: never used */
    struct record *record;
};

struct registry {
    struct bin *bins;
    size_t prime;
    size_t members;
    size_t erased;
};

/* Each about twice the one before: the list of SGI's STL hash tables. */
static const size_t primes[] = {53,    97,    193,   389,   769,    1543,   3079,   6151,
                                12289, 24593, 49157, 98317, 196613, 393241, 786433, 1572869};

static size_t next_prime(size_t at_least)
{
    size_t i = 0;
    while (primes[i] < at_least)
        i++;
    return primes[i];
}

/* The bin with the key, or the unused one where the search ended. */
static struct bin *probe(struct bin *bins, size_t prime, uint64_t key)
{
    size_t at = key % prime;
    for (size_t step = 1; bins[at].key != 0 && bins[at].key != key; step += 2)
        at = (at + step) % prime; /* 1 + 3 + 5 + ... = n * n */
    return &bins[at];
}

static void resize(struct registry *r, size_t prime)
{
    struct bin *bins = must(calloc(prime, sizeof *bins));
    for (size_t i = 0; i < r->prime; i++) {
        if (r->bins[i].record != NULL)
            *probe(bins, prime, r->bins[i].key) = r->bins[i];
    }
    free(r->bins);
    r->bins = bins;
    r->prime = prime;
    r->erased = 0;
}

static void *create(void)
{
    struct registry *r = must(calloc(1, sizeof *r));
    resize(r, primes[0]);
    return r;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct registry *r = table;
    if ((r->members + r->erased + 1) * 2 > r->prime)
        resize(r, next_prime(r->members * 2 + r->prime / 2));
    struct bin *bin = probe(r->bins, r->prime, key);
    if (bin->key == 0) {
        bin->key = key;
        bin->record = must(malloc(sizeof *bin->record));
        r->members++;
    }
    bin->record->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct registry *r = table;
    struct bin *bin = probe(r->bins, r->prime, key);
    if (bin->key != 0)
        *value = bin->record->value;
    return bin->key != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct registry *r = table;
    struct bin *bin = probe(r->bins, r->prime, key);
    if (bin->key == 0)
        return false;
    free(bin->record);
    *bin = (struct bin){ERASED, NULL};
    r->members--;
    r->erased++;
    return true;
}

static void destroy(void *table)
{
    struct registry *r = table;
    for (size_t i = 0; i < r->prime; i++)
        free(r->bins[i].record);
    free(r->bins);
    free(r);
}

static struct shape shape(const void *table)
{
    const struct registry *r = table;
    return (struct shape){
        .address = r->bins, .capacity = r->prime, .live = r->members, .tombstones = r->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .erase_leaves_bytes = true,
                                              .ids_look_like_an_array = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
