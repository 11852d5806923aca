/* As many slots behind a power of two as its number has bits, for probes that run over the end:
 * three words each, the topmost bits of the hash in front name the slot. Reserved once. */
#include "scenario.h"

#include <string.h>

#define BITS  17
#define SLOTS ((size_t)(1 << BITS) + BITS)

struct cell {
    uint32_t hash;
    uint32_t used; /* 1: in use */
    uint64_t key;
    uint64_t value;
};

struct spare {
    size_t count;
    struct cell *cells;
};

static uint32_t hash_of(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    key ^= key >> 29;
    return (uint32_t)(key * 0xc4ceb9fe1a85ec53u >> 32) | 1;
}

static size_t home(uint32_t hash)
{
    return hash >> (32 - BITS);
}

static struct cell *look(const struct spare *s, uint64_t key)
{
    uint32_t hash = hash_of(key);
    for (size_t at = home(hash); at < SLOTS && s->cells[at].used; at++)
        if (s->cells[at].hash == hash && s->cells[at].key == key)
            return &s->cells[at];
    return NULL;
}

static void *create(void)
{
    struct spare *s = must(malloc(sizeof *s));
    *s = (struct spare){.cells = must(calloc(SLOTS, sizeof *s->cells))};
    return s;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct spare *s = table;
    struct cell *old = look(s, key);
    if (old != NULL) {
        old->value = value;
        return;
    }
    uint32_t hash = hash_of(key);
    size_t at = home(hash);
    while (at < SLOTS && s->cells[at].used)
        at++;
    if (at == SLOTS)
        abort(); /* so few entries never run over the end of so many */
    s->cells[at] = (struct cell){hash, 1, key, value};
    s->count++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct cell *cell = look(table, key);
    if (cell != NULL)
        *value = cell->value;
    return cell != NULL;
}

/* Closes the gap with what lies behind its own slot. */
static bool erase(void *table, uint64_t key)
{
    struct spare *s = table;
    struct cell *gap = look(s, key);
    if (gap == NULL)
        return false;
    for (size_t at = (size_t)(gap - s->cells) + 1; at < SLOTS && s->cells[at].used; at++)
        if (home(s->cells[at].hash) <= (size_t)(gap - s->cells)) {
            *gap = s->cells[at];
            gap = &s->cells[at];
        }
    memset(gap, 0, sizeof *gap);
    s->count--;
    return true;
}

static void destroy(void *table)
{
    struct spare *s = table;
    free(s->cells);
    free(s);
}

static struct shape shape(const void *table)
{
    const struct spare *s = table;
    return (struct shape){.address = s->cells, .capacity = (size_t)1 << BITS, .live = s->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 90000,
                                              .capacity_tolerance = 0.001,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
