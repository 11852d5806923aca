/* Linear hashing in one array of cells without gaps: each has a record and the number of the next
 * cell of its chain, -1 at the end. With each record one bucket comes in, and with each that goes
 * the last one does; room is made by realloc, for as many cells each time. To a stranger it is a
 * vector: no number, rather than that of the records and of those links that are not the last. */
#include "scenario.h"

#define NO_CELL    UINT32_MAX
#define MORE_CELLS 500u
#define MOST       256u /* cells of a few chains */

struct record {
    uint64_t key, value;
};

struct cell {
    uint32_t next;
    struct record *record; /* NULL for a moment */
};

struct cells {
    struct cell *cell;
    uint32_t used, room;
};

/* What was taken out, and where it was. */
struct taken {
    struct record *records[MOST];
    uint32_t free[MOST];
    uint32_t record_count, free_count;
};

static uint32_t bucket_of(uint64_t key, uint32_t buckets)
{
    uint32_t round = 1, hash = (uint32_t)(key * 0x9fb21c651e98df25u >> 31);
    while (round < buckets)
        round *= 2;
    return (hash & (round - 1)) < buckets ? hash & (round - 1) : hash & (round / 2 - 1);
}

/* The bucket that gives some of its records to the last one of so many. */
static uint32_t parent_of_last(uint32_t buckets)
{
    uint32_t round = 1;
    while (round < buckets)
        round *= 2;
    return (buckets - 1) & (round / 2 - 1);
}

static uint32_t first_cell(const struct cells *t, uint32_t bucket, uint32_t buckets)
{
    const struct record *record = bucket < buckets ? t->cell[bucket].record : NULL;
    return record && bucket_of(record->key, buckets) == bucket ? bucket : NO_CELL;
}

static void take_chain(struct cells *t, uint32_t bucket, uint32_t buckets, struct taken *taken)
{
    for (uint32_t at = first_cell(t, bucket, buckets); at != NO_CELL; at = t->cell[at].next) {
        if (taken->free_count == MOST)
            abort();
        taken->records[taken->record_count++] = t->cell[at].record;
        taken->free[taken->free_count++] = at;
        t->cell[at].record = NULL;
    }
}

/* A record that is in no chain of those which were taken out. */
static void move(struct cells *t, uint32_t from, uint32_t to, uint32_t buckets)
{
    uint32_t before = bucket_of(t->cell[from].record->key, buckets);
    t->cell[to] = t->cell[from];
    t->cell[from].record = NULL;
    while (t->cell[before].next != from)
        before = t->cell[before].next;
    t->cell[before].next = to;
}

static bool take_free(struct taken *taken, uint32_t cell)
{
    for (uint32_t i = 0; i < taken->free_count; i++)
        if (taken->free[i] == cell) {
            taken->free[i] = taken->free[--taken->free_count];
            return true;
        }
    return false;
}

static void put_back(struct cells *t, uint32_t buckets, struct taken *taken)
{
    for (uint32_t i = 0; i < taken->record_count; i++) {
        struct record *record = taken->records[i];
        uint32_t bucket = bucket_of(record->key, buckets), first = first_cell(t, bucket, buckets);
        if (first == NO_CELL && !take_free(taken, bucket))
            move(t, bucket, taken->free[--taken->free_count], buckets);
        if (first == NO_CELL) {
            t->cell[bucket] = (struct cell){NO_CELL, record};
        } else {
            uint32_t cell = taken->free[--taken->free_count];
            t->cell[cell] = (struct cell){t->cell[first].next, record};
            t->cell[first].next = cell;
        }
    }
}

static void *create(void)
{
    return must(calloc(1, sizeof(struct cells)));
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cells *t = table;
    struct taken taken = {.record_count = 0};
    struct record *record = must(malloc(sizeof *record));
    *record = (struct record){key, value};
    if (t->used == t->room) {
        t->room += MORE_CELLS;
        t->cell = must(realloc(t->cell, t->room * sizeof *t->cell));
    }
    if (t->used > 0)
        take_chain(t, parent_of_last(t->used + 1), t->used, &taken);
    t->cell[t->used].record = NULL;
    taken.records[taken.record_count++] = record;
    taken.free[taken.free_count++] = t->used++;
    put_back(t, t->used, &taken);
}

static struct record *look_up(const struct cells *t, uint64_t key)
{
    uint32_t at = t->used > 0 ? first_cell(t, bucket_of(key, t->used), t->used) : NO_CELL;
    while (at != NO_CELL && t->cell[at].record->key != key)
        at = t->cell[at].next;
    return at == NO_CELL ? NULL : t->cell[at].record;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct record *record = look_up(table, key);
    if (record)
        *value = record->value;
    return record != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct cells *t = table;
    struct taken taken = {.record_count = 0};
    struct record *gone = look_up(t, key);
    if (!gone)
        return false;
    uint32_t last = t->used - 1;
    /* Each chain as it is; one that was taken has no first cell any more. */
    take_chain(t, bucket_of(key, t->used), t->used, &taken);
    take_chain(t, last, t->used, &taken);
    if (last > 0)
        take_chain(t, parent_of_last(t->used), t->used, &taken);
    for (uint32_t i = 0; i < taken.record_count; i++)
        if (taken.records[i] == gone)
            taken.records[i--] = taken.records[--taken.record_count];
    if (!take_free(&taken, last))
        move(t, last, taken.free[--taken.free_count], t->used);
    t->used = last;
    put_back(t, last, &taken);
    free(gone);
    return true;
}

static void destroy(void *table)
{
    struct cells *t = table;
    for (uint32_t i = 0; i < t->used; i++)
        free(t->cell[i].record);
    free(t->cell);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct cells *t = table;
    return (struct shape){.address = t->cell, .capacity = t->room, .live = t->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .counts_nowhere = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
