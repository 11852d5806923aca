/* Slots of 24 bytes in whole pages, which the allocator of this team hands out: it rounds what it
 * is asked for up and clears it. Linear probing, 0 is the free key. */
#include "scenario.h"

#include <string.h>

#define PAGE 4096u

struct cell {
    uint64_t key;
    uint64_t value;
    uint32_t touched;
    uint32_t flags;
};

struct cells {
    struct cell *cell;
    uint64_t mask;
    uint64_t filled;
};

static void *pages(size_t bytes)
{
    bytes = (bytes + PAGE - 1) / PAGE * PAGE;
    return memset(must(malloc(bytes)), 0, bytes);
}

static uint64_t first_cell(const struct cells *c, uint64_t key)
{
    return (key * 0x9e3779b97f4a7c15u >> 20) & c->mask;
}

static struct cell *cell_for(const struct cells *c, uint64_t key)
{
    uint64_t i = first_cell(c, key);
    while (c->cell[i].key != 0 && c->cell[i].key != key)
        i = (i + 1) & c->mask;
    return &c->cell[i];
}

static void *create(void)
{
    struct cells *c = must(calloc(1, sizeof *c));
    c->mask = 15;
    c->cell = pages((c->mask + 1) * sizeof *c->cell);
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cells *c = table;
    if ((c->filled + 1) * 5 > (c->mask + 1) * 3) {
        struct cells old = *c;
        c->mask = old.mask * 2 + 1;
        c->cell = pages((c->mask + 1) * sizeof *c->cell);
        for (uint64_t i = 0; i <= old.mask; i++)
            if (old.cell[i].key != 0)
                *cell_for(c, old.cell[i].key) = old.cell[i];
        free(old.cell);
    }
    struct cell *cell = cell_for(c, key);
    if (cell->key == 0)
        c->filled++;
    *cell = (struct cell){.key = key, .value = value, .touched = (uint32_t)c->filled};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct cell *cell = cell_for(table, key);
    *value = cell->value;
    return cell->key == key;
}

static bool erase(void *table, uint64_t key)
{
    struct cells *c = table;
    struct cell *cell = cell_for(c, key);
    if (cell->key != key)
        return false;
    uint64_t hole = (uint64_t)(cell - c->cell);
    for (uint64_t i = (hole + 1) & c->mask; c->cell[i].key != 0; i = (i + 1) & c->mask) {
        if (((i - first_cell(c, c->cell[i].key)) & c->mask) >= ((i - hole) & c->mask)) {
            c->cell[hole] = c->cell[i];
            hole = i;
        }
    }
    memset(&c->cell[hole], 0, sizeof c->cell[hole]);
    c->filled--;
    return true;
}

static void destroy(void *table)
{
    free(((struct cells *)table)->cell);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct cells *c = table;
    return (struct shape){.address = c->cell, .capacity = c->mask + 1, .live = c->filled};
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
