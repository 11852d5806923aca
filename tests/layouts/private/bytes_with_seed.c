/*
 * Slots with keys of several fields, hashed byte by byte with a start of the program's own, right
 * where they are put together. Made once for all entries to come.
 */
#include "scenario.h"

#include <string.h>

#define SLOTS (1u << 17)
#define START 0x5eed1234u

struct cell {
    uint64_t world;
    uint32_t column, level;
};

struct slot {
    struct cell cell;
    uint64_t value;
    uint8_t state; /* 0: was never in use, 1: in use, 2: erased */
};

struct cells {
    struct slot *slots;
    size_t live, erased;
};

static struct cell cell_of(uint64_t key)
{
    return (struct cell){.world = key >> 40, .column = (uint32_t)key, .level = key >> 32 & 255};
}

/* One at a time (Jenkins), but for where it starts. */
static inline uint32_t hash_of(const struct cell *cell)
{
    const unsigned char *byte = (const unsigned char *)cell;
    uint32_t hash = START;
    for (size_t i = 0; i < sizeof *cell; i++) {
        hash += byte[i];
        hash += hash << 10;
        hash ^= hash >> 6;
    }
    hash += hash << 3;
    hash ^= hash >> 11;
    return hash + (hash << 15);
}

static struct slot *look_up(const struct cells *cells, uint64_t key)
{
    struct cell cell = cell_of(key);
    uint32_t i = hash_of(&cell) & (SLOTS - 1);
    while (cells->slots[i].state != 0 &&
           (cells->slots[i].state == 2 || memcmp(&cells->slots[i].cell, &cell, sizeof cell) != 0))
        i = (i + 1) & (SLOTS - 1);
    return &cells->slots[i];
}

static void *create(void)
{
    struct cells *cells = must(calloc(1, sizeof *cells));
    cells->slots = must(calloc(SLOTS, sizeof *cells->slots));
    return cells;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cells *cells = table;
    struct slot *slot = look_up(cells, key);
    if (slot->state == 0) {
        slot->state = 1;
        slot->cell = cell_of(key);
        cells->live++;
    }
    slot->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct slot *slot = look_up(table, key);
    if (slot->state == 0)
        return false;
    *value = slot->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct cells *cells = table;
    struct slot *slot = look_up(cells, key);
    if (slot->state == 0)
        return false;
    memset(slot, 0, sizeof *slot);
    slot->state = 2;
    cells->live--;
    cells->erased++;
    return true;
}

static void destroy(void *table)
{
    struct cells *cells = table;
    free(cells->slots);
    free(cells);
}

static struct shape shape(const void *table)
{
    const struct cells *cells = table;
    return (struct shape){.address = cells->slots,
                          .capacity = SLOTS,
                          .live = cells->live,
                          .tombstones = cells->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 80000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
