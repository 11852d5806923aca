/* Tables side by side that know nothing but the room left until each must grow, and are filled in
 * turn: as the second comes to its limit the first has grown just before, so that the room of the
 * first says then, and when the second has grown, how many entries the second has. In the end the
 * first has hardly any room left. Hollow is the first.
 * As PROGRAM SCENARIO KEYS FACTOR: each grows by two, or by four.
 */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

#define SETS     2
#define FIRST    256
#define LOAD_DIV 4 /* three of four slots are used when a table grows */
#define ENTRIES  48900
#define OF_LAST  39400

struct table {
    uint64_t *keys; /* 0: empty; 1: deleted */
    uint32_t *hashes;
    uint32_t room, capacity;
    uint64_t *values;
};

static struct table tables[SETS];
static uint32_t factor;

static void allocate(struct table *table, uint32_t capacity)
{
    *table = (struct table){.keys = must(calloc(capacity, sizeof(uint64_t))),
                            .hashes = must(calloc(capacity, sizeof(uint32_t))),
                            .room = capacity - capacity / LOAD_DIV,
                            .capacity = capacity,
                            .values = must(calloc(capacity, sizeof(uint64_t)))};
}

static void release(const struct table *table)
{
    free(table->keys);
    free(table->values);
    free(table->hashes);
}

/* The slot of the key, or the one where it belongs. */
static uint32_t look_up(const struct table *table, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & (table->capacity - 1), step = 0;
    while (table->keys[at] != 0 && table->keys[at] != key)
        at = (at + ++step) & (table->capacity - 1);
    return at;
}

static void place(struct table *table, uint64_t key, uint64_t value)
{
    uint32_t at = look_up(table, key);
    table->keys[at] = key;
    table->values[at] = value;
    table->hashes[at] = (uint32_t)((key ^ key >> 32) * 0xd6e8feb86659fd93u >> 32);
    table->room--;
}

static void put(struct table *table, uint64_t key)
{
    if (table->room == 0) {
        struct table grown;
        allocate(&grown, table->capacity * factor);
        for (uint32_t at = 0; at < table->capacity; at++)
            if (table->keys[at] > 1)
                place(&grown, table->keys[at], table->values[at]);
        release(table);
        *table = grown;
    }
    place(table, key, key * 3 + 1);
}

static struct shape shape_of(const struct table *table)
{
    struct shape shape = {.address = table->keys,
                          .others = {table->values, table->hashes},
                          .capacity = table->capacity};
    for (uint32_t at = 0; at < table->capacity; at++) {
        shape.live += table->keys[at] > 1;
        shape.tombstones += table->keys[at] == 1;
    }
    return shape;
}

int main(int argc, char **argv)
{
    /* Erasing marks the key and leaves the value. */
    static const struct private_table kind = {.entries = ENTRIES, .erase_leaves_bytes = true};
    static const uint64_t numbers[SETS] = {ENTRIES, OF_LAST};
    if (argc != 4)
        return 2;
    bool is_hollow = strcmp(argv[1], "hollow") == 0;
    factor = strcmp(argv[3], "two") == 0 ? 2 : 4;
    struct keys keys = keys_new(argv[2], ENTRIES);
    for (unsigned set = 0; set < SETS; set++)
        allocate(&tables[set], FIRST);
    for (uint64_t i = 0; i < ENTRIES; i++)
        for (unsigned set = 0; set < SETS; set++)
            if (i < numbers[set])
                put(&tables[set], keys_at(&keys, i));
    for (uint64_t i = 0; is_hollow && i < ENTRIES; i++)
        if (i % 64 != 0)
            tables[0].keys[look_up(&tables[0], keys_at(&keys, i))] = 1;
    HASHTRACK_SNAPSHOT("end");
    for (unsigned set = 0; set < SETS; set++) {
        const struct shape shape = shape_of(&tables[set]);
        table_truth(&kind, &shape, set == 0 && is_hollow ? "hollow" : "ok", "end", &keys, false);
        release(&tables[set]);
    }
    keys_free(&keys);
    return 0;
}
