/* Cuckoo hashing with four entries a bucket, all keys before all values; the table knows the
 * logarithm of its buckets alone. */
#include "scenario.h"

#define LANES     4u
#define MAX_KICKS 2000

struct quad {
    uint64_t keys[LANES]; /* 0: free */
    uint64_t values[LANES];
};

struct quads {
    uint32_t power;
    uint32_t dice;
    uint64_t entries;
    struct quad *quads;
};

static struct quad *home(const struct quads *q, uint64_t key, int which)
{
    uint64_t h = (key + (which ? 0x9e3779b97f4a7c15u : 1)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return &q->quads[(h ^ h >> 31) & ((1ull << q->power) - 1)];
}

static uint64_t *value_of_key(const struct quads *q, uint64_t key)
{
    for (int which = 0; which < 2; which++) {
        struct quad *quad = home(q, key, which);
        for (unsigned lane = 0; lane < LANES; lane++)
            if (quad->keys[lane] == key)
                return &quad->values[lane];
    }
    return NULL;
}

static void swap(uint64_t *a, uint64_t *b)
{
    uint64_t c = *a;
    *a = *b;
    *b = c;
}

/* Entries without a place drive others out, at random, until one finds room. */
static void settle(struct quads *q, uint64_t key, uint64_t value)
{
    for (int kick = 0; kick < MAX_KICKS; kick++) {
        for (int which = 0; which < 2; which++) {
            struct quad *quad = home(q, key, which);
            for (unsigned lane = 0; lane < LANES; lane++)
                if (quad->keys[lane] == 0) {
                    quad->keys[lane] = key;
                    quad->values[lane] = value;
                    return;
                }
        }
        q->dice = q->dice * 1664525u + 1013904223u;
        struct quad *quad = home(q, key, q->dice >> 31);
        unsigned lane = q->dice >> 20 & (LANES - 1);
        swap(&quad->keys[lane], &key);
        swap(&quad->values[lane], &value);
    }
    abort(); /* at this load it does not happen */
}

static void *create(void)
{
    struct quads *q = must(calloc(1, sizeof *q));
    q->power = 4;
    q->quads = must(calloc(1u << q->power, sizeof *q->quads));
    return q;
}

static void grow(struct quads *q)
{
    struct quad *before = q->quads;
    uint64_t count = 1ull << q->power++;
    q->quads = must(calloc(2 * count, sizeof *before));
    for (uint64_t i = 0; i < count; i++)
        for (unsigned lane = 0; lane < LANES; lane++)
            if (before[i].keys[lane] != 0)
                settle(q, before[i].keys[lane], before[i].values[lane]);
    free(before);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct quads *q = table;
    uint64_t *known = value_of_key(q, key);
    if (known) {
        *known = value;
        return;
    }
    if (q->entries * 100 >= (85ull * LANES << q->power))
        grow(q);
    settle(q, key, value);
    q->entries++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint64_t *known = value_of_key(table, key);
    if (known)
        *value = *known;
    return known != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct quads *q = table;
    for (int which = 0; which < 2; which++) {
        struct quad *quad = home(q, key, which);
        for (unsigned lane = 0; lane < LANES; lane++)
            if (quad->keys[lane] == key) {
                quad->keys[lane] = 0;
                q->entries--;
                return true;
            }
    }
    return false;
}

static void destroy(void *table)
{
    struct quads *q = table;
    free(q->quads);
    free(q);
}

static struct shape shape(const void *table)
{
    const struct quads *q = table;
    return (struct shape){
        .address = q->quads, .capacity = (uint64_t)LANES << q->power, .live = q->entries};
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
