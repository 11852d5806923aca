/*
 * A slot is taken while its length is not zero; erasing sets only that. Robin-hood order is given
 * up: lookups go on to the longest probe of the table, which is kept instead of a count.
 */
#include "scenario.h"

typedef struct {
    uint32_t length; /* of the value */
    uint32_t tag;
    uint64_t key;
    uint64_t bytes[2];
} cell_t;

typedef struct {
    cell_t *cells;
    unsigned bits;
    unsigned longest;
} cells_t;

static uint64_t mixed(uint64_t key)
{
    key ^= key >> 32;
    key *= 0x4cd6944c5cc20b6du;
    key ^= key >> 29;
    key *= 0xfc12c5b19d3259e9u;
    return key ^ (key >> 32);
}

static cell_t *cell_at(const cells_t *c, uint64_t hash, unsigned probe)
{
    return &c->cells[(hash + probe * (uint64_t)probe) & (((uint64_t)1 << c->bits) - 1)];
}

static cell_t *search(const cells_t *c, uint64_t key)
{
    uint64_t hash = mixed(key);
    for (unsigned probe = 0; probe <= c->longest; probe++) {
        cell_t *cell = cell_at(c, hash, probe);
        if (cell->length != 0 && cell->key == key)
            return cell;
    }
    return NULL;
}

static bool put(cells_t *c, uint64_t key, uint64_t value)
{
    uint64_t hash = mixed(key);
    for (unsigned probe = 0; probe < 24; probe++) {
        cell_t *cell = cell_at(c, hash, probe);
        if (cell->length != 0)
            continue;
        *cell = (cell_t){.length = 9 + (uint32_t)(key % 7),
                         .tag = (uint32_t)(hash >> 40),
                         .key = key,
                         .bytes = {value, ~value}};
        c->longest = probe > c->longest ? probe : c->longest;
        return true;
    }
    return false;
}

static void *create(void)
{
    cells_t *c = must(calloc(1, sizeof(*c)));
    c->bits = 6;
    c->cells = must(calloc((size_t)1 << c->bits, sizeof(cell_t)));
    return c;
}

static void enlarge(cells_t *c)
{
    cells_t old = *c;
    c->bits++;
    c->longest = 0;
    c->cells = must(calloc((size_t)1 << c->bits, sizeof(cell_t)));
    for (size_t i = 0; i < (size_t)1 << old.bits; i++)
        if (old.cells[i].length != 0 && !put(c, old.cells[i].key, old.cells[i].bytes[0]))
            abort(); /* twice as many cells as filled them before */
    free(old.cells);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    cell_t *cell = search(table, key);
    if (cell != NULL)
        cell->bytes[0] = value;
    else
        while (!put(table, key, value))
            enlarge(table);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    cell_t *cell = search(table, key);
    if (cell != NULL)
        *value = cell->bytes[0];
    return cell != NULL;
}

static bool erase(void *table, uint64_t key)
{
    cell_t *cell = search(table, key);
    if (cell != NULL)
        cell->length = 0;
    return cell != NULL;
}

static void destroy(void *table)
{
    cells_t *c = table;
    free(c->cells);
    free(c);
}

static struct shape shape(const void *table)
{
    const cells_t *c = table;
    struct shape shape = {.address = c->cells, .capacity = (uint64_t)1 << c->bits};
    for (size_t i = 0; i < shape.capacity; i++)
        shape.live += c->cells[i].length != 0;
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 140000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
