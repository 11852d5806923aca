/*
 * The hash_table of GCC's own sources in our own words: the same object, primes and growth, for
 * that table lives only inside of compilers. Scenarios: full, hollow, clear, churn, freed,
 * capacity; kinds: set (pointers, 0 is empty and 1 deleted), map (int keys, an int value).
 */
#include "truth.h"

#include <string.h>

#define ENTRIES 300000u
#define KEPT_OF 50u

static const uint32_t primes[] = {7,      13,     31,     61,      127,     251,    509,
                                  1021,   2039,   4093,   8191,    16381,   32749,  65521,
                                  131071, 262139, 524287, 1048573, 2097143, 4194301};

struct hash_table {
    unsigned char *entries;
    uint64_t size, elements, deleted;
    uint32_t searches, collisions, prime_index;
    bool is_collected, sanitizes_equality;
};

struct key_kind {
    unsigned key_bytes, slot_bytes;
    uint64_t empty, deleted;
};
static const struct key_kind set_kind = {8, 8, 0, 1};
static const struct key_kind map_kind = {4, 8, UINT32_MAX, UINT32_MAX - 1};
static const struct key_kind *kind = &set_kind;

static uint64_t key_of(unsigned number)
{
    return kind == &set_kind ? 0x500000000000u + (uint64_t)number * 48 : number;
}

static uint64_t get_key(const unsigned char *slot)
{
    uint64_t key = 0;
    memcpy(&key, slot, kind->key_bytes);
    return key;
}

static void put_key(unsigned char *slot, uint64_t key)
{
    memcpy(slot, &key, kind->key_bytes);
}

static uint32_t higher_prime_index(uint64_t size)
{
    uint32_t index = 0;
    while (primes[index] < size)
        index++;
    return index;
}

static void allocate(struct hash_table *table, uint64_t size)
{
    table->prime_index = higher_prime_index(size);
    table->size = primes[table->prime_index];
    table->entries = calloc(table->size, kind->slot_bytes);
    for (uint64_t i = 0; i < table->size; i++)
        put_key(table->entries + i * kind->slot_bytes, kind->empty);
}

/* The slot of `key`, or where it would go. */
static unsigned char *find(struct hash_table *table, uint64_t key)
{
    uint32_t hash = (uint32_t)(key >> 3) * 2654435761u;
    uint64_t at = hash % table->size, step = 1 + hash % (table->size - 2);
    unsigned char *erased = NULL;
    table->searches++;
    for (;; at = (at + step) % table->size, table->collisions++) {
        unsigned char *slot = table->entries + at * kind->slot_bytes;
        uint64_t found = get_key(slot);
        if (found == key)
            return slot;
        if (found == kind->empty)
            return erased != NULL ? erased : slot;
        if (found == kind->deleted && erased == NULL)
            erased = slot;
    }
}

static bool is_too_empty(const struct hash_table *table)
{
    return (table->elements - table->deleted) * 8 < table->size && table->size > 32;
}

static void expand(struct hash_table *table)
{
    struct hash_table old = *table;
    uint64_t live = table->elements - table->deleted;
    allocate(table, live * 2 > old.size || is_too_empty(&old) ? live * 2 : old.size);
    table->elements = live;
    table->deleted = 0;
    for (uint64_t i = 0; i < old.size; i++) {
        const unsigned char *slot = old.entries + i * kind->slot_bytes;
        uint64_t key = get_key(slot);
        if (key != kind->empty && key != kind->deleted)
            memcpy(find(table, key), slot, kind->slot_bytes);
    }
    free(old.entries);
}

static void add(struct hash_table *table, unsigned number)
{
    if (table->size * 3 <= table->elements * 4)
        expand(table);
    unsigned char *slot = find(table, key_of(number));
    if (get_key(slot) == kind->deleted)
        table->deleted--;
    else
        table->elements++;
    put_key(slot, key_of(number));
}

static void drop(struct hash_table *table, unsigned number)
{
    put_key(find(table, key_of(number)), kind->deleted);
    table->deleted++;
}

/* empty(): what is above a megabyte, or hardly used, gets smaller. */
static void empty(struct hash_table *table)
{
    uint64_t size = table->size;
    if (size > (1u << 20) / kind->slot_bytes)
        size = 1024 / kind->slot_bytes;
    else if (table->elements * 8 < size && size > 32)
        size = table->elements * 2;
    free(table->entries);
    allocate(table, size);
    table->elements = table->deleted = 0;
}

static struct truth truth_of(const struct hash_table *table, uint64_t peak)
{
    return (struct truth){"GCC hash_table", table->entries,
                          table->size,      table->elements - table->deleted,
                          table->deleted,   peak};
}

static void print_capacities(struct hash_table *table)
{
    static const unsigned lives[] = {20000, 4000, 500, 60, 7};
    unsigned live = 100000;
    for (unsigned i = 0; i < live; i++)
        add(table, i);
    for (unsigned step = 0; step < sizeof(lives) / sizeof(lives[0]); step++) {
        while (live > lives[step])
            drop(table, --live);
        uint64_t before = table->size;
        expand(table); /* as traverse() does */
        print_capacity("GCC hash_table", live, before, before * kind->slot_bytes, table->size,
                       table->size * kind->slot_bytes);
    }
}

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow", *verdict = "ok";
    struct hash_table *table = calloc(1, sizeof(*table));
    if (argc > 2 && strcmp(argv[2], "map") == 0)
        kind = &map_kind;
    allocate(table, 13);
    if (strcmp(scenario, "capacity") == 0) {
        print_capacities(table);
        return 0;
    }
    unsigned entries = strcmp(scenario, "clear") == 0 ? ENTRIES / 8 : ENTRIES;
    for (unsigned i = 0; i < entries; i++)
        add(table, i);
    if (strcmp(scenario, "hollow") == 0 || strcmp(scenario, "freed") == 0) {
        for (unsigned i = 0; i < entries; i++)
            if (i % KEPT_OF != 0)
                drop(table, i);
        verdict = "hollow";
    } else if (strcmp(scenario, "clear") == 0) {
        empty(table); /* it is below a megabyte and keeps its slots, too few for a finding */
    } else if (strcmp(scenario, "churn") == 0) {
        for (unsigned i = 0; i < entries; i++) {
            drop(table, i);
            add(table, i + entries);
        }
    } else if (strcmp(scenario, "full") != 0) {
        unknown_scenario(scenario);
    }
    struct truth truth = truth_of(table, entries);
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    if (strcmp(scenario, "freed") == 0)
        print_truth(truth, verdict, "main-returned", true);
    free(table->entries);
    free(table);
    return 0;
}
