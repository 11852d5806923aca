/* Cuckoo hashing (Pagh and Rodler 2001): two arrays, each key in one of its two places. */
#include "scenario.h"

#define MAX_KICKS 64

struct cell {
    uint64_t key; /* 0: free */
    uint64_t value;
};

struct cuckoo {
    struct cell *nest[2];
    size_t cells; /* in each nest */
    size_t count;
};

static size_t place_in(const struct cuckoo *c, int nest, uint64_t key)
{
    static const uint64_t factor[2] = {0xc2b2ae3d27d4eb4fu, 0x165667b19e3779f9u};
    uint64_t h = (key ^ (key >> 29)) * factor[nest];
    return (h ^ (h >> 32)) & (c->cells - 1);
}

static struct cell *cell_of(const struct cuckoo *c, uint64_t key)
{
    for (int nest = 0; nest < 2; nest++) {
        struct cell *cell = &c->nest[nest][place_in(c, nest, key)];
        if (cell->key == key)
            return cell;
    }
    return NULL;
}

/* False when the chain of evictions got too long; *homeless is then the one without a place. */
static bool settle(struct cuckoo *c, struct cell *homeless)
{
    for (int kicks = 0; kicks < MAX_KICKS; kicks++) {
        struct cell *cell = &c->nest[kicks % 2][place_in(c, kicks % 2, homeless->key)];
        struct cell evicted = *cell;
        *cell = *homeless;
        if (evicted.key == 0)
            return true;
        *homeless = evicted;
    }
    return false;
}

static struct cuckoo with_cells(size_t cells)
{
    struct cuckoo c = {.cells = cells};
    c.nest[0] = must(calloc(cells, sizeof(struct cell)));
    c.nest[1] = must(calloc(cells, sizeof(struct cell)));
    return c;
}

static void grow(struct cuckoo *c)
{
    struct cuckoo bigger = with_cells(c->cells * 2);
    bigger.count = c->count;
    for (int nest = 0; nest < 2; nest++) {
        for (size_t i = 0; i < c->cells; i++) {
            struct cell cell = c->nest[nest][i];
            while (cell.key != 0 && !settle(&bigger, &cell))
                grow(&bigger);
        }
    }
    free(c->nest[0]);
    free(c->nest[1]);
    *c = bigger;
}

static void *create(void)
{
    struct cuckoo *c = must(malloc(sizeof *c));
    *c = with_cells(16);
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cuckoo *c = table;
    struct cell *known = cell_of(c, key);
    if (known != NULL) {
        known->value = value;
        return;
    }
    if (c->count * 20 >= c->cells * 2 * 9)
        grow(c);
    struct cell cell = {key, value};
    while (!settle(c, &cell))
        grow(c);
    c->count++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct cell *cell = cell_of(table, key);
    if (cell != NULL)
        *value = cell->value;
    return cell != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct cuckoo *c = table;
    struct cell *cell = cell_of(c, key);
    if (cell == NULL)
        return false;
    *cell = (struct cell){0, 0};
    c->count--;
    return true;
}

static void destroy(void *table)
{
    struct cuckoo *c = table;
    free(c->nest[0]);
    free(c->nest[1]);
    free(c);
}

static struct shape shape(const void *table)
{
    const struct cuckoo *c = table;
    return (struct shape){.address = c->nest[0],
                          .others = {c->nest[1], NULL},
                          .capacity = c->cells * 2,
                          .live = c->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 220000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
