/* Parcels by number: an index of numbers leads to rows, and the last row is moved into the place of
 * one that is erased. What it leaves behind stays there. Each row has the number it was made with,
 * which leads to that copy of it. */
#include <string.h>

#include "scenario.h"

#define PLACES 524288u
#define ROWS   262144u
#define NONE   UINT32_MAX

typedef struct {
    uint64_t number;
    uint32_t made_as, made_after; /* how many there were */
    uint64_t value;
} row;

typedef struct {
    row *rows;
    uint32_t count;
    uint32_t *index;
} parcels;

static uint32_t home(uint64_t number)
{
    uint64_t h = number * 0x9e3779b97f4a7c15u;
    return (uint32_t)((h ^ h >> 32) >> 16) & (PLACES - 1);
}

static uint32_t seek(const parcels *p, uint64_t number)
{
    uint32_t i = home(number);
    while (p->index[i] != NONE && p->rows[p->index[i]].number != number)
        i = (i + 1) & (PLACES - 1);
    return i;
}

static void *create(void)
{
    parcels *p = must(calloc(1, sizeof *p));
    p->index = must(malloc(PLACES * sizeof *p->index));
    memset(p->index, 0xff, PLACES * sizeof *p->index);
    p->rows = must(calloc(ROWS, sizeof *p->rows));
    return p;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    parcels *p = table;
    uint32_t i = seek(p, key);
    if (p->index[i] == NONE) {
        p->index[i] = p->count;
        p->rows[p->count] = (row){key, p->count, p->count + 1, value};
        p->count++;
    }
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const parcels *p = table;
    uint32_t i = seek(p, key);
    if (p->index[i] == NONE)
        return false;
    *value = p->rows[p->index[i]].value;
    return true;
}

static void close_gap(parcels *p, uint32_t gap)
{
    for (uint32_t i = (gap + 1) & (PLACES - 1); p->index[i] != NONE; i = (i + 1) & (PLACES - 1))
        if (((i - home(p->rows[p->index[i]].number)) & (PLACES - 1)) >=
            ((i - gap) & (PLACES - 1))) {
            p->index[gap] = p->index[i];
            gap = i;
        }
    p->index[gap] = NONE;
}

static bool erase(void *table, uint64_t key)
{
    parcels *p = table;
    uint32_t i = seek(p, key), at = p->index[i], last = p->count - 1;
    if (at == NONE)
        return false;
    close_gap(p, i);
    if (at != last) {
        p->index[seek(p, p->rows[last].number)] = at;
        p->rows[at] = p->rows[last];
    }
    p->count--;
    return true;
}

static void destroy(void *table)
{
    parcels *p = table;
    free(p->index);
    free(p->rows);
    free(p);
}

static struct shape shape(const void *table)
{
    const parcels *p = table;
    return (struct shape){
        .address = p->index, .others = {p->rows}, .capacity = PLACES, .live = p->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
