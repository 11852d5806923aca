/* Two vectors reserved for a known number of rows: heads and rows, chained by 32-bit numbers. */
#include <string.h>

#include "scenario.h"

#define ROWS  260000u
#define HEADS (1u << 19)
#define NIL   0xffffffffu

struct row {
    uint32_t next;
    uint32_t hash;
    uint64_t key;
    uint64_t value;
};

struct join_table {
    struct row *rows;
    uint64_t used;
    uint32_t *heads;
    uint32_t free_row;
    uint64_t fresh;
};

static uint32_t hash_key(uint64_t key)
{
    uint64_t h = (key ^ key >> 29) * 0x94d049bb133111ebu + 0x7f4a7c15u;
    h = (h ^ h >> 31) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(h >> 32);
}

static uint32_t *find_link(struct join_table *j, uint64_t key)
{
    uint32_t *link = &j->heads[hash_key(key) & (HEADS - 1)];
    while (*link != NIL && j->rows[*link].key != key)
        link = &j->rows[*link].next;
    return link;
}

static void *create(void)
{
    struct join_table *j = must(calloc(1, sizeof *j));
    j->rows = must(malloc(ROWS * sizeof *j->rows));
    j->heads = must(malloc(HEADS * sizeof *j->heads));
    memset(j->heads, 0xff, HEADS * sizeof *j->heads);
    j->free_row = NIL;
    return j;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct join_table *j = table;
    uint32_t *link = find_link(j, key);
    if (*link == NIL) {
        uint32_t row = j->free_row;
        if (row != NIL)
            j->free_row = j->rows[row].next;
        else
            row = (uint32_t)j->fresh++;
        *link = row;
        j->rows[row] = (struct row){.next = NIL, .hash = hash_key(key), .key = key};
        j->used++;
    }
    j->rows[*find_link(j, key)].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct join_table *j = table;
    uint32_t row = *find_link(j, key);
    if (row != NIL)
        *value = j->rows[row].value;
    return row != NIL;
}

static bool erase(void *table, uint64_t key)
{
    struct join_table *j = table;
    uint32_t *link = find_link(j, key), row = *link;
    if (row == NIL)
        return false;
    *link = j->rows[row].next;
    j->rows[row].next = j->free_row;
    j->free_row = row;
    j->used--;
    return true;
}

static void destroy(void *table)
{
    struct join_table *j = table;
    free(j->heads);
    free(j->rows);
    free(j);
}

static struct shape shape(const void *table)
{
    const struct join_table *j = table;
    return (struct shape){
        .address = j->heads, .others = {j->rows}, .capacity = HEADS, .live = j->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .never_grows = true,
                                              .keeps_erased = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
