/*
 * Heads of chains and the links behind them in one block, both numbers of entries; keys and values
 * in arrays of their own. It grows by half. While its heads are enough, of which there is a prime
 * number, the links alone get a new block.
 */
#include <string.h>

#include "scenario.h"

#define END (-1)

typedef struct {
    int *heads, *links;
    uint64_t *keys, *values;
    int *unused; /* numbers of entries that were erased */
    int unused_count, used, head_count, count, room;
} split_t;

static const int primes[] = {53,    97,    193,   389,   769,    1543,   3079,  6151,
                             12289, 24593, 49157, 98317, 196613, 393241, 786433};

static unsigned bucket_of(const split_t *t, uint64_t key)
{
    return ((unsigned)key ^ (unsigned)(key >> 32)) % (unsigned)t->head_count;
}

static bool are_apart(const split_t *t)
{
    return t->links != t->heads + t->head_count;
}

static void link_in(split_t *t, int entry)
{
    int *head = &t->heads[bucket_of(t, t->keys[entry])];
    t->links[entry] = *head;
    *head = entry;
}

static void enlarge(split_t *t)
{
    int room = t->room == 0 ? 192 : (t->room * 3 + 1) / 2, nth = 0;
    while (primes[nth] < room / 4)
        nth++;
    t->keys = must(realloc(t->keys, (size_t)room * sizeof *t->keys));
    t->values = must(realloc(t->values, (size_t)room * sizeof *t->values));
    t->unused = must(realloc(t->unused, (size_t)room * sizeof *t->unused));
    if (t->head_count == primes[nth]) {
        int *links = must(malloc((size_t)room * sizeof *links));
        memcpy(links, t->links, (size_t)t->room * sizeof *links);
        if (are_apart(t))
            free(t->links);
        t->links = links;
        t->room = room;
        return;
    }
    int *heads = must(malloc((size_t)(primes[nth] + room) * sizeof *heads));
    if (t->heads != NULL && are_apart(t))
        free(t->links);
    free(t->heads);
    t->heads = heads;
    t->head_count = primes[nth];
    t->links = heads + t->head_count;
    t->room = room;
    memset(heads, 0xff, (size_t)t->head_count * sizeof *heads);
    for (int i = 0; i < t->used; i++)
        link_in(t, i);
}

static void *create(void)
{
    return must(calloc(1, sizeof(split_t)));
}

/* What leads to the entry with the key, or to the end of its chain. */
static int *look_up(const split_t *t, uint64_t key)
{
    int *link = &t->heads[bucket_of(t, key)];
    while (*link != END && t->keys[*link] != key)
        link = &t->links[*link];
    return link;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    split_t *t = table;
    int *link = t->room > 0 ? look_up(t, key) : NULL;
    if (link != NULL && *link != END) {
        t->values[*link] = value;
        return;
    }
    if (t->unused_count == 0 && t->used == t->room)
        enlarge(t);
    int entry = t->unused_count > 0 ? t->unused[--t->unused_count] : t->used++;
    t->keys[entry] = key;
    t->values[entry] = value;
    t->count++;
    link_in(t, entry);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const split_t *t = table;
    int entry = *look_up(t, key);
    if (entry != END)
        *value = t->values[entry];
    return entry != END;
}

static bool erase(void *table, uint64_t key)
{
    split_t *t = table;
    int *link = look_up(t, key), entry = *link;
    if (entry == END)
        return false;
    *link = t->links[entry];
    t->values[entry] = 0;
    t->unused[t->unused_count++] = entry;
    t->count--;
    return true;
}

static void destroy(void *table)
{
    split_t *t = table;
    if (are_apart(t))
        free(t->links);
    free(t->heads);
    free(t->keys);
    free(t->values);
    free(t->unused);
    free(t);
}

static struct shape shape(const void *table)
{
    const split_t *t = table;
    return (struct shape){.address = t->heads,
                          .capacity = (uint64_t)t->head_count,
                          .live = (uint64_t)t->count,
                          .others = {t->keys, t->values}};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
#ifdef LINKS_APART
        .entries = 150000,
#else
        .entries = 200000,
#endif
        .create = create,
        .insert = insert,
        .find = find,
        .erase = erase,
        .destroy = destroy,
        .shape = shape};
    return run_scenario(argc, argv, &kind);
}
