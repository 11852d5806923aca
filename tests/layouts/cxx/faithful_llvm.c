/*
 * LLVM's DenseMap, SmallDenseMap and StringMap in our own words: the same arrays, objects and
 * growth, for machines without llvm-dev, whose headers llvm.cc takes. Scenarios: full, hollow,
 * clear, reserve, churn, freed, capacity; kinds: pointers, numbers, small, strings.
 */
#include "truth.h"

#include <string.h>

#define ENTRIES 200000u
#define KEPT_OF 50u

/* --- DenseMap: the key in front of each slot --- */

struct dense_map {
    unsigned char *slots;
    uint32_t live, tombstones, capacity;
};

/* What the object of a SmallDenseMap is while its slots are on the heap. */
struct small_dense_map {
    uint32_t live_twice; /* bit 0: the slots are in the object */
    uint32_t tombstones;
    unsigned char *slots;
    uint32_t capacity;
};

struct key_kind {
    unsigned key_bytes, slot_bytes;
    uint64_t empty, tombstone;
};
static const struct key_kind pointers = {8, 72, UINT64_MAX << 12, (UINT64_MAX - 1) << 12};
static const struct key_kind numbers = {4, 16, UINT32_MAX, UINT32_MAX - 1};

static uint64_t get_key(const struct key_kind *kind, const unsigned char *slot)
{
    uint64_t key = 0;
    memcpy(&key, slot, kind->key_bytes);
    return key;
}

static void put_key(const struct key_kind *kind, unsigned char *slot, uint64_t key)
{
    memcpy(slot, &key, kind->key_bytes);
}

/* The slot of `key`, or where it would go. */
static unsigned char *dense_find(const struct dense_map *map, const struct key_kind *kind,
                                 uint64_t key)
{
    uint32_t at = (uint32_t)(key >> 4 ^ key >> 9 ^ key * 37), step = 1;
    unsigned char *erased = NULL;
    for (;; at += step++) {
        unsigned char *slot = map->slots + (uint64_t)(at & (map->capacity - 1)) * kind->slot_bytes;
        uint64_t found = get_key(kind, slot);
        if (found == key)
            return slot;
        if (found == kind->empty)
            return erased != NULL ? erased : slot;
        if (found == kind->tombstone && erased == NULL)
            erased = slot;
    }
}

static void dense_resize(struct dense_map *map, const struct key_kind *kind, uint32_t capacity)
{
    struct dense_map old = *map;
    map->capacity = capacity < 64 ? 64 : capacity;
    map->tombstones = 0;
    map->slots = malloc((uint64_t)map->capacity * kind->slot_bytes);
    for (uint32_t i = 0; i < map->capacity; i++)
        put_key(kind, map->slots + (uint64_t)i * kind->slot_bytes, kind->empty);
    for (uint32_t i = 0; i < old.capacity; i++) {
        unsigned char *slot = old.slots + (uint64_t)i * kind->slot_bytes;
        uint64_t key = get_key(kind, slot);
        if (key != kind->empty && key != kind->tombstone)
            memcpy(dense_find(map, kind, key), slot, kind->slot_bytes);
    }
    free(old.slots);
}

static void dense_reserve(struct dense_map *map, const struct key_kind *kind, uint32_t entries)
{
    uint32_t capacity = 1;
    while (capacity <= entries * 4 / 3 + 1)
        capacity *= 2;
    dense_resize(map, kind, capacity);
}

static void dense_add(struct dense_map *map, const struct key_kind *kind, uint64_t key)
{
    if ((map->live + 1) * 4 >= map->capacity * 3)
        dense_resize(map, kind, map->capacity * 2);
    else if (map->capacity - (map->live + 1 + map->tombstones) <= map->capacity / 8)
        dense_resize(map, kind, map->capacity);
    unsigned char *slot = dense_find(map, kind, key);
    map->tombstones -= get_key(kind, slot) == kind->tombstone;
    map->live++;
    memset(slot, 0, kind->slot_bytes);
    put_key(kind, slot, key);
}

static void dense_drop(struct dense_map *map, const struct key_kind *kind, uint64_t key)
{
    put_key(kind, dense_find(map, kind, key), kind->tombstone);
    map->live--;
    map->tombstones++;
}

static void dense_clear(struct dense_map *map, const struct key_kind *kind)
{
    for (uint32_t i = 0; i < map->capacity; i++)
        put_key(kind, map->slots + (uint64_t)i * kind->slot_bytes, kind->empty);
    map->live = map->tombstones = 0;
}

/* --- StringMap: pointers to entries, a 2 behind them, then the hashes --- */

struct string_map {
    uint64_t *slots;
    uint32_t capacity, live, tombstones, entry_bytes;
};

struct string_entry {
    uint64_t key_bytes, value;
    char key[24];
};

static const uint64_t string_tombstone = UINT64_MAX << 3;

static uint32_t hash_of(const char *key)
{
    uint32_t hash = 0;
    for (; *key != '\0'; key++)
        hash = hash * 33 + (unsigned char)*key;
    return hash * 2654435761u;
}

static uint32_t *hashes_of(const struct string_map *map)
{
    return (uint32_t *)(map->slots + map->capacity + 1);
}

/* The slot of `key`, or where it would go. */
static uint32_t string_find(const struct string_map *map, const char *key)
{
    uint32_t hash = hash_of(key), at = hash, step = 1, erased = UINT32_MAX;
    for (;; at += step++) {
        at &= map->capacity - 1;
        uint64_t word = map->slots[at];
        if (word == 0)
            return erased != UINT32_MAX ? erased : at;
        if (word == string_tombstone)
            erased = erased == UINT32_MAX ? at : erased;
        else if (hashes_of(map)[at] == hash &&
                 strcmp(((struct string_entry *)(uintptr_t)word)->key, key) == 0)
            return at;
    }
}

static void string_resize(struct string_map *map, uint32_t capacity)
{
    struct string_map old = *map;
    map->capacity = capacity;
    map->tombstones = 0;
    map->slots = calloc(capacity + 1, sizeof(uint64_t) + sizeof(uint32_t));
    map->slots[capacity] = 2;
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.slots[i] == 0 || old.slots[i] == string_tombstone)
            continue;
        struct string_entry *entry = (struct string_entry *)(uintptr_t)old.slots[i];
        uint32_t at = string_find(map, entry->key);
        map->slots[at] = old.slots[i];
        hashes_of(map)[at] = hash_of(entry->key);
    }
    free(old.slots);
}

static void string_add(struct string_map *map, unsigned number)
{
    struct string_entry *entry = malloc(sizeof(*entry));
    if (map->capacity == 0)
        string_resize(map, 16);
    entry->value = number;
    entry->key_bytes = (uint64_t)snprintf(entry->key, sizeof(entry->key), "session %u", number);
    uint32_t at = string_find(map, entry->key);
    map->tombstones -= map->slots[at] == string_tombstone;
    map->slots[at] = (uint64_t)(uintptr_t)entry;
    hashes_of(map)[at] = hash_of(entry->key);
    map->live++;
    if (map->live * 4 > map->capacity * 3)
        string_resize(map, map->capacity * 2);
    else if (map->capacity - (map->live + map->tombstones) <= map->capacity / 8)
        string_resize(map, map->capacity);
}

static void string_drop(struct string_map *map, unsigned number)
{
    char key[24];
    snprintf(key, sizeof(key), "session %u", number);
    uint32_t at = string_find(map, key);
    free((void *)(uintptr_t)map->slots[at]);
    map->slots[at] = string_tombstone;
    map->live--;
    map->tombstones++;
}

static void string_clear(struct string_map *map)
{
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->slots[i] != 0 && map->slots[i] != string_tombstone)
            free((void *)(uintptr_t)map->slots[i]);
    memset(map->slots, 0, map->capacity * sizeof(uint64_t));
    map->live = map->tombstones = 0;
}

/* --- one table for the scenarios --- */

struct table {
    const struct key_kind *keys; /* NULL: strings */
    struct dense_map dense;
    struct small_dense_map *small;
    struct string_map string;
};

static uint64_t key_of(const struct table *table, unsigned number)
{
    return table->keys == &pointers ? 0x500000000000u + (uint64_t)number * 48 : number;
}

static void add(struct table *table, unsigned number)
{
    if (table->keys != NULL)
        dense_add(&table->dense, table->keys, key_of(table, number));
    else
        string_add(&table->string, number);
}

static void drop(struct table *table, unsigned number)
{
    if (table->keys != NULL)
        dense_drop(&table->dense, table->keys, key_of(table, number));
    else
        string_drop(&table->string, number);
}

static void rebuild(struct table *table)
{
    if (table->keys != NULL)
        dense_reserve(&table->dense, table->keys, table->dense.live);
    else {
        uint32_t capacity = 16;
        while (table->string.live * 4 > capacity * 3)
            capacity *= 2;
        string_resize(&table->string, capacity);
    }
}

/* From here on only the object of a SmallDenseMap names the slots. */
static void become_small(struct table *table)
{
    table->small = malloc(sizeof(*table->small));
    *table->small = (struct small_dense_map){.live_twice = table->dense.live * 2,
                                             .tombstones = table->dense.tombstones,
                                             .slots = table->dense.slots,
                                             .capacity = table->dense.capacity};
    table->dense.slots = NULL;
}

static struct truth truth_of(const struct table *table, uint64_t peak)
{
    const struct dense_map *dense = &table->dense;
    const struct string_map *string = &table->string;
    if (table->keys == NULL)
        return (struct truth){"LLVM StringMap", string->slots,      string->capacity,
                              string->live,     string->tombstones, peak};
    return (struct truth){
        "LLVM DenseMap",   table->small != NULL ? table->small->slots : dense->slots,
        dense->capacity,   dense->live,
        dense->tombstones, peak};
}

static uint64_t bytes_of(const struct table *table)
{
    return table->keys == NULL ? (table->string.capacity + 1) * 12ull
                               : (uint64_t)table->dense.capacity * table->keys->slot_bytes;
}

static void print_capacities(struct table table)
{
    for (unsigned i = 0; i < 100000; i++)
        add(&table, i);
    unsigned live = 100000;
    static const unsigned lives[] = {20000, 12288, 6000, 1000, 100, 48};
    for (unsigned step = 0; step < sizeof(lives) / sizeof(lives[0]); step++) {
        while (live > lives[step])
            drop(&table, --live);
        struct truth before = truth_of(&table, 0);
        uint64_t bytes = bytes_of(&table);
        rebuild(&table);
        print_capacity(before.implementation, live, before.capacity, bytes,
                       truth_of(&table, 0).capacity, bytes_of(&table));
    }
}

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow", *kind = argc > 2 ? argv[2] : "pointers";
    const char *verdict = "ok";
    static struct table table;
    if (strcmp(kind, "numbers") == 0)
        table.keys = &numbers;
    else if (strcmp(kind, "strings") != 0)
        table.keys = &pointers;
    table.string.entry_bytes = 16;
    unsigned entries = ENTRIES;
    if (strcmp(scenario, "reserve") == 0) {
        dense_reserve(&table.dense, table.keys, entries);
        entries /= 300;
        verdict = "over-reserved";
    } else if (table.keys != NULL) {
        dense_resize(&table.dense, table.keys, 64);
    }
    if (strcmp(scenario, "capacity") == 0) {
        print_capacities(table);
        return 0;
    }
    for (unsigned i = 0; i < entries; i++)
        add(&table, i);
    if (strcmp(scenario, "hollow") == 0 || strcmp(scenario, "freed") == 0) {
        for (unsigned i = 0; i < entries; i++)
            if (i % KEPT_OF != 0)
                drop(&table, i);
        verdict = "hollow";
    } else if (strcmp(scenario, "clear") == 0) {
        if (table.keys != NULL)
            dense_clear(&table.dense, table.keys);
        else
            string_clear(&table.string);
        verdict = "hollow";
    } else if (strcmp(scenario, "churn") == 0) {
        for (unsigned i = 0; i < entries; i++) {
            drop(&table, i);
            add(&table, i + entries);
        }
    } else if (strcmp(scenario, "full") != 0 && strcmp(scenario, "reserve") != 0) {
        unknown_scenario(scenario);
    }
    if (strcmp(kind, "small") == 0)
        become_small(&table);
    struct truth truth = truth_of(&table, entries);
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    if (strcmp(scenario, "freed") == 0) {
        print_truth(truth, verdict, "main-returned", true);
        free(table.keys != NULL ? (void *)table.dense.slots : (void *)table.string.slots);
    }
    return 0;
}
