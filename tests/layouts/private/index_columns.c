/* An index of heads, and for each entry a link, a hash and a pair in three columns of their own:
 * all four are made anew when the table grows, the columns as copies of what they were. Free
 * entries are linked, too. */
#include "scenario.h"

#include <string.h>

#define NOTHING UINT32_MAX

struct pair {
    uint64_t key, value;
};

struct columns {
    uint32_t rows, size, free_row;
    uint32_t *index, *link, *hash;
    struct pair *pair;
    uint32_t live;
};

static uint32_t hash_of(uint64_t key)
{
    key ^= key >> 31;
    key *= UINT64_C(0x7fb5d329728ea185);
    key ^= key >> 27;
    key *= UINT64_C(0x81dadef4bc2dd44d);
    return (uint32_t)(key >> 33);
}

static void *wider(const void *column, size_t bytes, uint32_t rows, uint32_t size)
{
    char *copy = must(malloc(bytes * size));
    if (rows > 0)
        memcpy(copy, column, bytes * rows);
    memset(copy + bytes * rows, 0, bytes * (size - rows));
    return copy;
}

static void grow(struct columns *table)
{
    uint32_t rows = table->size, size = rows * 2 + 13, *link, *hash, *index;
    struct pair *pair = wider(table->pair, sizeof *pair, rows, size);
    hash = wider(table->hash, sizeof *hash, rows, size);
    link = wider(table->link, sizeof *link, rows, size);
    index = must(malloc(sizeof *index * size));
    memset(index, 0xff, sizeof *index * size);
    for (uint32_t row = 0; row < table->rows; row++) {
        link[row] = index[hash[row] % size];
        index[hash[row] % size] = row;
    }
    free(table->index);
    free(table->link);
    free(table->hash);
    free(table->pair);
    table->size = size;
    table->index = index;
    table->link = link;
    table->hash = hash;
    table->pair = pair;
}

static void *create(void)
{
    struct columns *table = must(malloc(sizeof *table));
    *table = (struct columns){.free_row = NOTHING};
    grow(table);
    return table;
}

static uint32_t *place_of(const struct columns *table, uint64_t key)
{
    uint32_t *at = &table->index[hash_of(key) % table->size];
    while (*at != NOTHING && table->pair[*at].key != key)
        at = &table->link[*at];
    return at;
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    const struct columns *table = memory;
    uint32_t row = *place_of(table, key);
    if (row != NOTHING)
        *value = table->pair[row].value;
    return row != NOTHING;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct columns *table = memory;
    uint32_t row = *place_of(table, key);
    if (row != NOTHING) {
        table->pair[row].value = value;
        return;
    }
    if (table->free_row == NOTHING && table->rows == table->size)
        grow(table);
    row = table->free_row;
    if (row == NOTHING)
        row = table->rows++;
    else
        table->free_row = table->link[row];
    uint32_t *head = &table->index[hash_of(key) % table->size];
    table->pair[row] = (struct pair){key, value};
    table->hash[row] = hash_of(key);
    table->link[row] = *head;
    *head = row;
    table->live++;
}

static bool erase(void *memory, uint64_t key)
{
    struct columns *table = memory;
    uint32_t *at = place_of(table, key), row = *at;
    if (row == NOTHING)
        return false;
    *at = table->link[row];
    table->pair[row] = (struct pair){0};
    table->hash[row] = 0;
    table->link[row] = table->free_row;
    table->free_row = row;
    table->live--;
    return true;
}

static void destroy(void *memory)
{
    struct columns *table = memory;
    free(table->index);
    free(table->link);
    free(table->hash);
    free(table->pair);
    free(table);
}

static struct shape shape(const void *memory)
{
    const struct columns *table = memory;
    return (struct shape){.address = table->index,
                          .others = {table->pair, table->hash},
                          .capacity = table->size,
                          .live = table->live};
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
