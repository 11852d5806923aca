/*
 * Keys, values and state bytes in three arrays. A third argument says where fresh arrays come from:
 * "calloc", "memset" (malloc, then cleared by hand) or "raw" (keys and values keep whatever malloc
 * gave; only the state bytes are cleared).
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define VACANT 0u
#define TAKEN  1u
#define GONE   2u

struct dictionary {
    uint64_t *keys;
    uint64_t *values;
    unsigned char *states;
    size_t size;
    size_t entries;
    size_t gone;
};

static enum { BY_CALLOC, BY_MEMSET, RAW } clearing;

static void *fresh(size_t count, size_t width, bool state_bytes)
{
    if (clearing == BY_CALLOC || (clearing == RAW && state_bytes))
        return must(calloc(count, width));
    void *memory = must(malloc(count * width));
    if (clearing == BY_MEMSET)
        memset(memory, 0, count * width);
    return memory;
}

static void allocate(struct dictionary *d, size_t size)
{
    *d = (struct dictionary){.size = size};
    d->states = fresh(size, 1, true);
    d->keys = fresh(size, sizeof *d->keys, false);
    d->values = fresh(size, sizeof *d->values, false);
}

static void release(struct dictionary *d)
{
    free(d->keys);
    free(d->values);
    free(d->states);
}

static size_t start(const struct dictionary *d, uint64_t key)
{
    key ^= key >> 32;
    key *= 0xd6e8feb86659fd93u;
    return (key ^ (key >> 32)) & (d->size - 1);
}

/* The slot of the key, or d->size. */
static size_t locate(const struct dictionary *d, uint64_t key)
{
    for (size_t i = start(d, key); d->states[i] != VACANT; i = (i + 1) & (d->size - 1)) {
        if (d->states[i] == TAKEN && d->keys[i] == key)
            return i;
    }
    return d->size;
}

static void put(struct dictionary *d, uint64_t key, uint64_t value)
{
    size_t i = start(d, key);
    while (d->states[i] == TAKEN)
        i = (i + 1) & (d->size - 1);
    d->gone -= d->states[i] == GONE;
    d->states[i] = TAKEN;
    d->keys[i] = key;
    d->values[i] = value;
    d->entries++;
}

static void *create(void)
{
    struct dictionary *d = must(malloc(sizeof *d));
    allocate(d, 32);
    return d;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct dictionary *d = table;
    if (d->entries + d->gone >= d->size * 2 / 3) {
        struct dictionary next;
        allocate(&next, d->entries > d->size / 2 ? d->size * 2 : d->size);
        for (size_t i = 0; i < d->size; i++) {
            if (d->states[i] == TAKEN)
                put(&next, d->keys[i], d->values[i]);
        }
        release(d);
        *d = next;
    }
    size_t at = locate(d, key);
    if (at < d->size)
        d->values[at] = value;
    else
        put(d, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct dictionary *d = table;
    size_t at = locate(d, key);
    if (at < d->size)
        *value = d->values[at];
    return at < d->size;
}

static bool erase(void *table, uint64_t key)
{
    struct dictionary *d = table;
    size_t at = locate(d, key);
    if (at == d->size)
        return false;
    d->states[at] = GONE;
    d->entries--;
    d->gone++;
    return true;
}

static void destroy(void *table)
{
    release(table);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct dictionary *d = table;
    return (struct shape){.address = d->keys,
                          .others = {d->states, d->values},
                          .capacity = d->size,
                          .live = d->entries,
                          .tombstones = d->gone};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    const char *how = argc > 3 ? argv[3] : "calloc";
    if (strcmp(how, "calloc") == 0) {
        clearing = BY_CALLOC;
    } else if (strcmp(how, "memset") == 0) {
        clearing = BY_MEMSET;
    } else if (strcmp(how, "raw") == 0) {
        clearing = RAW;
    } else {
        fprintf(stderr, "no such way to clear: %s\n", how);
        return 2;
    }
    return run_scenario(argc, argv, &kind);
}
