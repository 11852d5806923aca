/* Buckets that are the first entry of their list, 182,000 of them from the beginning; the others of
 * a bucket have blocks of their own. Half of that many are put in, so that few have any. */
#include "scenario.h"

#define CELLS 182000u

struct cell {
    int32_t row, column;
    uint64_t value;
    uint32_t in_use;
    struct cell *more;
};

struct sheet {
    struct cell *cells;
    size_t number;
};

static uint64_t hash_of(int32_t row, int32_t column)
{
    uint64_t hash = (uint64_t)(uint32_t)row << 32 | (uint32_t)column;
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 33;
}

static void *create(void)
{
    struct sheet *sheet = must(calloc(1, sizeof *sheet));
    sheet->cells = must(calloc(CELLS, sizeof *sheet->cells));
    return sheet;
}

static struct cell *first_of(const struct sheet *sheet, uint64_t key)
{
    return &sheet->cells[hash_of((int32_t)(key >> 32), (int32_t)key) % CELLS];
}

static bool is_key(const struct cell *cell, uint64_t key)
{
    return cell->row == (int32_t)(key >> 32) && cell->column == (int32_t)key;
}

static struct cell *locate(const struct sheet *sheet, uint64_t key)
{
    struct cell *cell = first_of(sheet, key);
    if (!cell->in_use)
        return NULL;
    while (cell && !is_key(cell, key))
        cell = cell->more;
    return cell;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct sheet *sheet = table;
    struct cell *cell = locate(sheet, key), *first = first_of(sheet, key), *more = NULL;
    if (cell) {
        cell->value = value;
        return;
    }
    if (first->in_use) {
        more = must(malloc(sizeof *more));
        *more = *first;
    }
    *first = (struct cell){(int32_t)(key >> 32), (int32_t)key, value, 1, more};
    sheet->number++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct cell *cell = locate(table, key);
    if (cell)
        *value = cell->value;
    return cell != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct sheet *sheet = table;
    struct cell *first = first_of(sheet, key), *cell = locate(sheet, key), *more;
    if (!cell)
        return false;
    if (cell == first) {
        more = first->more;
        *first = more ? *more : (struct cell){0};
    } else {
        struct cell *before = first;
        while (before->more != cell)
            before = before->more;
        before->more = cell->more;
        more = cell;
    }
    free(more);
    sheet->number--;
    return true;
}

static void destroy(void *table)
{
    struct sheet *sheet = table;
    for (size_t i = 0; i < CELLS; i++)
        for (struct cell *cell = sheet->cells[i].more, *more; cell; cell = more) {
            more = cell->more;
            free(cell);
        }
    free(sheet->cells);
    free(sheet);
}

static struct shape shape(const void *table)
{
    const struct sheet *sheet = table;
    return (struct shape){.address = sheet->cells, .capacity = CELLS, .live = sheet->number};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 91000,
                                              .never_grows = true,
                                              .is_within = true,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
