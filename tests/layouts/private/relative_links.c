/*
 * Collisions linked within slots of a table that has its size from the beginning: how far the next
 * one is, 0 for the last. Free slots are looked for behind the chain's end. Erasing copies the
 * chain's last entry over the erased one.
 */
#include "scenario.h"

enum { BITS = 19, SLOTS = 1 << BITS };

struct cell {
    uint64_t key;
    int32_t delta;
    uint32_t is_head;
    uint64_t value;
};

struct board {
    struct cell *cells;
    uint64_t members;
};

static uint32_t spot(uint64_t key)
{
    uint64_t h = 0xcbf29ce484222645u;
    for (int i = 0; i < 4; i++, key >>= 16)
        h = (h + (key & 0xffff)) * 0x9ddfea08eb382d6bu;
    return (uint32_t)(h >> (64 - BITS));
}

static struct cell *next_of(struct board *b, struct cell *cell)
{
    return cell->delta == 0 ? NULL : &b->cells[(cell - b->cells + cell->delta) & (SLOTS - 1)];
}

static struct cell *vacant_after(struct board *b, struct cell *cell)
{
    size_t at = (size_t)(cell - b->cells);
    do
        at = (at + 1) & (SLOTS - 1);
    while (b->cells[at].key != 0);
    return &b->cells[at];
}

static void *create(void)
{
    struct board *b = must(calloc(1, sizeof(*b)));
    b->cells = must(calloc(SLOTS, sizeof(*b->cells)));
    return b;
}

static struct cell *seek(struct board *b, uint64_t key)
{
    struct cell *cell = &b->cells[spot(key)];
    if (!cell->is_head)
        return NULL;
    while (cell != NULL && cell->key != key)
        cell = next_of(b, cell);
    return cell;
}

static struct cell *before(struct board *b, struct cell *cell)
{
    struct cell *at = &b->cells[spot(cell->key)];
    while (next_of(b, at) != cell)
        at = next_of(b, at);
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct board *b = table;
    struct cell *cell = seek(b, key);
    if (cell != NULL) {
        cell->value = value;
        return;
    }
    b->members++;
    cell = &b->cells[spot(key)];
    if (cell->key == 0) {
        *cell = (struct cell){.key = key, .is_head = 1, .value = value};
        return;
    }
    if (!cell->is_head) { /* of another chain: it has to go */
        struct cell *to = vacant_after(b, cell), *link = before(b, cell);
        *to = *cell;
        if (cell->delta != 0)
            to->delta = (int32_t)(next_of(b, cell) - to);
        link->delta = (int32_t)(to - link);
        *cell = (struct cell){.key = key, .is_head = 1, .value = value};
        return;
    }
    while (cell->delta != 0)
        cell = next_of(b, cell);
    struct cell *to = vacant_after(b, cell);
    *to = (struct cell){.key = key, .value = value};
    cell->delta = (int32_t)(to - cell);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct cell *cell = seek(table, key);
    if (cell != NULL)
        *value = cell->value;
    return cell != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct board *b = table;
    struct cell *cell = seek(b, key), *last = cell, *link = NULL;
    if (cell == NULL)
        return false;
    b->members--;
    if (!cell->is_head)
        link = before(b, cell);
    while (last->delta != 0) {
        link = last;
        last = next_of(b, last);
    }
    cell->key = last->key;
    cell->value = last->value;
    if (link != NULL)
        link->delta = 0;
    *last = (struct cell){0};
    return true;
}

static void destroy(void *table)
{
    struct board *b = table;
    free(b->cells);
    free(b);
}

static struct shape shape(const void *table)
{
    const struct board *b = table;
    return (struct shape){.address = b->cells, .capacity = SLOTS, .live = b->members};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 300000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
