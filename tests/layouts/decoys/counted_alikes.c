/*
 * What lies in slots of an array whose object says how many slots there are and counts those in
 * use, as a hash table's does, and was not put there by a hash: pools by handle, grids, rings,
 * caches with one place for each thing. All of one size from the beginning, filled and then nearly
 * empty; what leaves its slot leaves its bytes behind.
 */
#include <stdbool.h>
#include <string.h>

#include "decoy.h"

#define BITS    17u
#define SLOTS   (1u << BITS)
#define KEPT_OF 50u

struct cell {
    uint64_t key, value;
    uint32_t state; /* 0: never used, 1: in use, 2: it was */
    uint32_t extra;
};

struct store {
    struct cell *cells;
    uint64_t mask, count;
};

static struct store *new_store(void)
{
    struct store *store = must(calloc(1, sizeof *store));
    store->cells = must(calloc(SLOTS, sizeof *store->cells));
    store->mask = SLOTS - 1;
    return store;
}

static void put(struct store *store, uint64_t slot, uint64_t key)
{
    struct cell *cell = &store->cells[slot & store->mask];
    store->count += cell->state != 1;
    *cell = (struct cell){key, decoy_random(), 1, (uint32_t)decoy_random()};
}

/* Looks at it full, and when but few slots are in use, all over. */
static void look_twice(const char *what, struct store *store)
{
    decoy_look(what, store->cells);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (store->cells[i].state == 1 && decoy_random() % KEPT_OF != 0) {
            store->cells[i].state = 2;
            store->count--;
        }
    decoy_look(what, store->cells);
    free(store->cells);
    free(store);
}

/* A handle is the slot's number with a generation above it. */
static void handles(void)
{
    struct store *store = new_store();
    for (uint64_t i = 0; i < SLOTS / 4 * 3; i++)
        put(store, i, (decoy_random() & 0xffffff) << BITS | i);
    look_twice("pool by handle", store);
}

/* The numbers of things, spread over the slots by an odd factor: none shares its slot. */
static APART uint64_t scrambled(uint64_t number)
{
    number = number * 0x9e3779b1u;
    return (number ^ number << 5) & (SLOTS - 1);
}

static void scrambled_numbers(void)
{
    struct store *store = new_store();
    for (uint64_t i = 0; i < SLOTS / 4 * 3; i++)
        put(store, scrambled(i), i);
    look_twice("pool by scrambled number", store);
}

/* A map of a world: the cell at x and y. */
static void grid(void)
{
    struct store *store = new_store();
    for (uint64_t y = 0; y < 256; y++)
        for (uint64_t x = 0; x < 512; x++)
            if (decoy_random() % 4 != 0)
                put(store, y * 512 + x, y << 32 | x);
    look_twice("grid by coordinates", store);
}

/* Requests by their number in sequence, some of which are not done yet. */
static void ring(void)
{
    struct store *store = new_store();
    for (uint64_t i = 1; i < SLOTS * 5ull; i++)
        put(store, i, i * 3 + 1000000);
    look_twice("ring of requests", store);
}

/* Each key has one slot, and what was there is gone. */
static APART uint64_t hash(uint64_t key)
{
    key = (key ^ key >> 31) * 0x7fb5d329728ea185u;
    return key ^ key >> 27;
}

static void direct_mapped(void)
{
    struct store *store = new_store();
    for (uint64_t i = 0; i < SLOTS * 2ull; i++) {
        uint64_t key = decoy_random();
        put(store, hash(key), key);
    }
    look_twice("cache with one place for each key", store);
}

/* Sorted by key, with gaps in between for what is to come. */
static void sorted_gaps(void)
{
    struct store *store = new_store();
    uint64_t key = 1;
    for (uint64_t i = 0; i < SLOTS; i++) {
        key += decoy_random() >> 20;
        if (decoy_random() % 4 != 0)
            put(store, i, key);
    }
    look_twice("sorted with gaps", store);
}

/* Objects by the page that they lie in. */
static void pages(void)
{
    struct store *store = new_store();
    for (uint64_t i = 0; i < SLOTS; i++)
        if (decoy_random() % 4 != 0)
            put(store, i, (0x7f5500000000u + (i << 12)) | (decoy_random() & 0xff0));
    look_twice("objects by page", store);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {{"handles", handles},
                                              {"scrambled-numbers", scrambled_numbers},
                                              {"grid", grid},
                                              {"ring", ring},
                                              {"direct-mapped", direct_mapped},
                                              {"sorted-gaps", sorted_gaps},
                                              {"pages", pages},
                                              {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
