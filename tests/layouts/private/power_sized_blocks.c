/* Slots of 24 bytes, as many as 3 * 2^n, in blocks whose size the program's allocator rounds up to
 * a power of two: nearly half of some is never used. Double hashing, -1 is the free key. */
#include "scenario.h"

#include <string.h>

typedef struct entry {
    int64_t id; /* -1 free, -2 gone */
    uint64_t value;
    char label[8];
} entry_t;

typedef struct dictionary {
    entry_t *entries;
    unsigned n_slots;
    unsigned n_live;
    unsigned n_gone;
} dictionary_t;

static void *arena_alloc(size_t bytes)
{
    size_t size = 256;
    while (size < bytes)
        size <<= 1;
    return must(malloc(size));
}

static void dictionary_init(dictionary_t *d, unsigned n_slots)
{
    d->n_slots = n_slots;
    d->n_live = d->n_gone = 0;
    d->entries = arena_alloc(n_slots * sizeof(entry_t));
    for (unsigned i = 0; i < n_slots; i++)
        memset(&d->entries[i], 0, sizeof(entry_t)), d->entries[i].id = -1;
}

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    return (x ^ x >> 27) * 0x94d049bb133111ebu;
}

static entry_t *dictionary_slot(const dictionary_t *d, uint64_t key, bool to_insert)
{
    uint64_t h = mixed(key);
    unsigned i = (unsigned)((h >> 32) % d->n_slots), step = 1;
    entry_t *gone = NULL;
    while (d->entries[i].id != -1 && d->entries[i].id != (int64_t)key) {
        if (d->entries[i].id == -2 && !gone)
            gone = &d->entries[i];
        i += step;
        if (i >= d->n_slots)
            i -= d->n_slots;
    }
    return d->entries[i].id == -1 && gone && to_insert ? gone : &d->entries[i];
}

static void *create(void)
{
    dictionary_t *d = must(malloc(sizeof *d));
    dictionary_init(d, 48);
    return d;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    dictionary_t *d = table;
    if ((d->n_live + d->n_gone) * 3ull > d->n_slots * 2ull) {
        dictionary_t old = *d;
        dictionary_init(d, old.n_live * 2 > old.n_slots ? old.n_slots * 2 : old.n_slots);
        for (unsigned i = 0; i < old.n_slots; i++)
            if (old.entries[i].id >= 0) {
                *dictionary_slot(d, (uint64_t)old.entries[i].id, true) = old.entries[i];
                d->n_live++;
            }
        free(old.entries);
    }
    entry_t *e = dictionary_slot(d, key, true);
    if (e->id < 0) {
        d->n_gone -= e->id == -2;
        d->n_live++;
    }
    e->id = (int64_t)key;
    e->value = value;
    memcpy(e->label, "entry", 6);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    entry_t *e = dictionary_slot(table, key, false);
    *value = e->value;
    return e->id == (int64_t)key;
}

static bool erase(void *table, uint64_t key)
{
    dictionary_t *d = table;
    entry_t *e = dictionary_slot(d, key, false);
    if (e->id != (int64_t)key)
        return false;
    memset(e, 0, sizeof *e);
    e->id = -2;
    d->n_live--;
    d->n_gone++;
    return true;
}

static void destroy(void *table)
{
    free(((dictionary_t *)table)->entries);
    free(table);
}

static struct shape shape(const void *table)
{
    const dictionary_t *d = table;
    return (struct shape){
        .address = d->entries, .capacity = d->n_slots, .live = d->n_live, .tombstones = d->n_gone};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
