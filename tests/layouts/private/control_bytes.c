/*
 * One block: slots, then a control byte for each (0x80 empty, 0xfe deleted, else 7 bits of the
 * hash), with the first eight repeated at the end so that eight can be looked at together. Slots
 * are never cleared.
 */
#include <string.h>

#include "scenario.h"

#define EMPTY   0x80
#define DELETED 0xfe
#define GROUP   8

typedef struct {
    uint64_t key;
    uint64_t value;
} cell_t;

typedef struct {
    cell_t *cells;
    uint8_t *control;
    size_t mask;
    size_t live;
    size_t room; /* empty cells that may still be filled */
} grouped_t;

static uint64_t hash(uint64_t key)
{
    __uint128_t product = (__uint128_t)(key ^ 0xa0761d6478bd642fu) * 0xe7037ed1a0b428dbu;
    return (uint64_t)product ^ (uint64_t)(product >> 64); /* wyhash's mix */
}

static void set_control(grouped_t *g, size_t i, uint8_t byte)
{
    g->control[i] = byte;
    if (i < GROUP)
        g->control[g->mask + 1 + i] = byte;
}

static void allocate(grouped_t *g, size_t capacity)
{
    g->cells = must(malloc(capacity * sizeof(cell_t) + capacity + GROUP));
    g->control = (uint8_t *)(g->cells + capacity);
    memset(g->control, EMPTY, capacity + GROUP);
    g->mask = capacity - 1;
    g->live = 0;
    g->room = capacity / 8 * 7;
}

/* The group's bytes that equal `byte`, as a 0x80 in each (and, rarely, in one that does not). */
static uint64_t matches(const grouped_t *g, size_t i, uint8_t byte)
{
    uint64_t word;
    memcpy(&word, g->control + i, sizeof word);
    word ^= 0x0101010101010101u * byte;
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

static cell_t *locate(grouped_t *g, uint64_t key)
{
    uint64_t h = hash(key);
    for (size_t i = (h >> 7) & g->mask, step = 0;; i = (i + (step += GROUP)) & g->mask) {
        for (uint64_t m = matches(g, i, h & 0x7f); m != 0; m &= m - 1) {
            size_t at = (i + (size_t)__builtin_ctzll(m) / 8) & g->mask;
            if (g->control[at] == (h & 0x7f) && g->cells[at].key == key)
                return &g->cells[at];
        }
        if (matches(g, i, EMPTY) != 0)
            return NULL;
    }
}

static void put(grouped_t *g, uint64_t key, uint64_t value)
{
    uint64_t h = hash(key);
    for (size_t i = (h >> 7) & g->mask, step = 0;; i = (i + (step += GROUP)) & g->mask) {
        uint64_t empty = matches(g, i, EMPTY);
        if (empty != 0) {
            size_t at = (i + (size_t)__builtin_ctzll(empty) / 8) & g->mask;
            set_control(g, at, h & 0x7f);
            g->cells[at] = (cell_t){key, value};
            g->live++;
            g->room--;
            return;
        }
    }
}

static void *create(void)
{
    grouped_t *g = must(malloc(sizeof *g));
    allocate(g, 16);
    return g;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    grouped_t *g = table;
    cell_t *known = locate(g, key);
    if (known != NULL) {
        known->value = value;
        return;
    }
    if (g->room == 0) {
        grouped_t next;
        allocate(&next, g->live > g->mask / 2 ? (g->mask + 1) * 2 : g->mask + 1);
        for (size_t i = 0; i <= g->mask; i++) {
            if (g->control[i] < EMPTY)
                put(&next, g->cells[i].key, g->cells[i].value);
        }
        free(g->cells);
        *g = next;
    }
    put(g, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    cell_t *cell = locate(table, key);
    if (cell != NULL)
        *value = cell->value;
    return cell != NULL;
}

static bool erase(void *table, uint64_t key)
{
    grouped_t *g = table;
    cell_t *cell = locate(g, key);
    if (cell == NULL)
        return false;
    set_control(g, (size_t)(cell - g->cells), DELETED);
    g->live--;
    return true;
}

static void destroy(void *table)
{
    free(((grouped_t *)table)->cells);
    free(table);
}

static struct shape shape(const void *table)
{
    const grouped_t *g = table;
    size_t capacity = g->mask + 1;
    return (struct shape){.address = g->cells,
                          .capacity = capacity,
                          .live = g->live,
                          .tombstones = capacity / 8 * 7 - g->room - g->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .erase_leaves_bytes = true,
                                              .capacity_tolerance =
                                                  0.07, /* 17 bytes taken for 16 */
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
