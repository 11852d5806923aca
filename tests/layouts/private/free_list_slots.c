/*
 * One array of records, in the manner of databases that keep an index small: a record has its hash,
 * its key and value, and the number of the next one of its chain, counted from one. The first of a
 * chain lies in the slot that the hash names, the others in slots taken from a list of free ones,
 * which goes both ways through the same records. The array grows by realloc, and is then linked
 * anew in place. An erased record keeps its key.
 */
#include "scenario.h"

#define FIRST_SLOTS 64u

struct record {
    uint64_t key, value;
    uint32_t hash; /* of a free one: the number of the free one before it */
    uint32_t next;
    uint32_t in_use;
    uint32_t pad;
};

struct slots {
    struct record *records;
    uint32_t number, shift;
    uint32_t used;
    uint32_t first_free;
};

static uint32_t hash(uint64_t key)
{
    key ^= key >> 29;
    key *= 0xbea225f9eb34556du;
    key ^= key >> 32;
    key *= 0x9e6c63d0676a9a99u;
    return (uint32_t)(key >> 31);
}

static uint32_t home(const struct slots *t, uint32_t h)
{
    return (h >> t->shift) + 1;
}

static struct record *at(const struct slots *t, uint32_t number)
{
    return &t->records[number - 1];
}

static void set_free(struct slots *t, uint32_t number)
{
    struct record *record = at(t, number);
    record->in_use = 0;
    record->hash = 0;
    record->next = t->first_free;
    if (t->first_free != 0)
        at(t, t->first_free)->hash = number;
    t->first_free = number;
}

static void take(struct slots *t, uint32_t number)
{
    struct record *record = at(t, number);
    if (record->hash == 0)
        t->first_free = record->next;
    else
        at(t, record->hash)->next = record->next;
    if (record->next != 0)
        at(t, record->next)->hash = record->hash;
}

static void put(struct slots *t, uint64_t key, uint64_t value)
{
    uint32_t h = hash(key), number = home(t, h);
    struct record *mine = at(t, number);
    struct record record = {.key = key, .value = value, .hash = h, .in_use = 1};
    if (!mine->in_use) {
        take(t, number);
        *mine = record;
        return;
    }
    uint32_t other = t->first_free, first = home(t, mine->hash);
    take(t, other);
    if (first == number) {
        record.next = mine->next;
        *at(t, other) = record;
        mine->next = other;
        return;
    }
    /* Who sits here belongs to another chain, and moves. */
    uint32_t before = first;
    while (at(t, before)->next != number)
        before = at(t, before)->next;
    *at(t, other) = *mine;
    at(t, before)->next = other;
    *mine = record;
}

static void grow(struct slots *t)
{
    uint32_t before = t->number, nth = 0;
    struct record *live = must(malloc(t->used * sizeof *live));
    for (uint32_t i = 0; i < before; i++)
        if (t->records[i].in_use)
            live[nth++] = t->records[i];
    t->number = before ? before * 2 : FIRST_SLOTS;
    t->shift = before ? t->shift - 1 : 32 - 6;
    t->records = must(realloc(t->records, t->number * sizeof *t->records));
    t->first_free = 0;
    for (uint32_t i = t->number; i > 0; i--) {
        if (i > before)
            *at(t, i) = (struct record){0};
        set_free(t, i);
    }
    for (uint32_t i = 0; i < nth; i++)
        put(t, live[i].key, live[i].value);
    free(live);
}

static void *create(void)
{
    struct slots *t = must(calloc(1, sizeof *t));
    grow(t);
    return t;
}

static uint32_t lookup(const struct slots *t, uint64_t key)
{
    uint32_t h = hash(key), number = home(t, h);
    if (!at(t, number)->in_use || home(t, at(t, number)->hash) != number)
        return 0;
    while (number != 0 && (at(t, number)->hash != h || at(t, number)->key != key))
        number = at(t, number)->next;
    return number;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct slots *t = table;
    uint32_t number = lookup(t, key);
    if (number != 0) {
        at(t, number)->value = value;
        return;
    }
    if (t->first_free == 0)
        grow(t);
    put(t, key, value);
    t->used++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint32_t number = lookup(table, key);
    if (number != 0)
        *value = at(table, number)->value;
    return number != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct slots *t = table;
    uint32_t number = lookup(t, key);
    if (number == 0)
        return false;
    uint32_t first = home(t, at(t, number)->hash), next = at(t, number)->next;
    if (first == number && next != 0) {
        *at(t, number) = *at(t, next);
        number = next;
    } else if (first != number) {
        uint32_t before = first;
        while (at(t, before)->next != number)
            before = at(t, before)->next;
        at(t, before)->next = next;
    }
    set_free(t, number);
    t->used--;
    return true;
}

static void destroy(void *table)
{
    free(((struct slots *)table)->records);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct slots *t = table;
    return (struct shape){.address = t->records, .capacity = t->number, .live = t->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
