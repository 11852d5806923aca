/* Two tables of pointers, one of all records and one of every second of them: both grow at the same
 * insert, the smaller one from an array that is too small to be tracked. */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

#define KEYS  200000
#define FIRST 64 /* slots: 512 bytes */

struct record {
    uint64_t key, kind;
};

struct table {
    struct record **slots;
    uint64_t size, limit, fill, erased, lookups;
};

static struct record deleted;

static void allocate(struct table *table, uint64_t size)
{
    table->size = size;
    table->limit = size - size / 16;
    table->slots = must(calloc(size, sizeof(struct record *)));
}

static struct record **look_up(struct table *table, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15ull, at = hash >> 32;
    table->lookups++;
    for (;; at += hash | 1) {
        struct record **slot = &table->slots[at & (table->size - 1)];
        if (!*slot || (*slot)->key == key)
            return slot;
    }
}

static void put(struct table *table, struct record *record)
{
    *look_up(table, record->key) = record;
    if (++table->fill < table->limit)
        return;
    struct table old = *table;
    allocate(table, old.size * 2);
    for (uint64_t i = 0; i < old.size; i++)
        if (old.slots[i])
            *look_up(table, old.slots[i]->key) = old.slots[i];
    free(old.slots);
}

static void take_out(struct table *table, uint64_t key)
{
    struct record **slot = look_up(table, key);
    if (!*slot)
        abort();
    *slot = &deleted;
    table->fill--;
    table->erased++;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = KEYS};
    static struct table all, some;
    bool is_hollow = argc > 1 && strcmp(argv[1], "hollow") == 0;
    struct keys keys = keys_new(argc > 2 ? argv[2] : "random", KEYS);
    struct record *records = must(calloc(KEYS, sizeof *records));
    deleted.key = UINT64_MAX;
    allocate(&all, FIRST);
    allocate(&some, FIRST);
    for (uint64_t i = 0; i < KEYS; i++) {
        records[i] = (struct record){keys_at(&keys, i), i % 7};
        put(&all, &records[i]);
        if (i % 2 != 0)
            put(&some, &records[i]);
    }
    for (uint64_t i = 0; is_hollow && i < KEYS; i++)
        if (i % 125 != 0)
            take_out(&all, keys_at(&keys, i));
    HASHTRACK_SNAPSHOT("end");
    const struct table *tables[] = {&all, &some};
    for (int i = 0; i < 2; i++) {
        const struct shape shape = {.address = tables[i]->slots,
                                    .capacity = tables[i]->size,
                                    .live = tables[i]->fill,
                                    .tombstones = tables[i]->erased};
        table_truth(&kind, &shape, i == 0 && is_hollow ? "hollow" : "ok", "end", &keys, false);
    }
    free(all.slots);
    free(some.slots);
    free(records);
    keys_free(&keys);
    return 0;
}
