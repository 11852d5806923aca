/*
 * Open slots of pointers whose lowest bits and highest bits, which are the same in all pointers,
 * hold bits of the hash. They are others in each size, so that no slot's word is found again after
 * a growth. 1 marks an erased slot. The table lies on the stack of main(), its pointer at its end.
 */
#include "scenario.h"

#define SPARE_BITS (0xffffull << 48 | 15)
#define ERASED     1u

struct cell {
    uint64_t key, value, more[4];
};

struct cells {
    uint64_t (*hash)(uint64_t key);
    const void *context;
    uint32_t bits, unused;
    uint64_t count, erased, locked;
    uint64_t spare, common;
    uint64_t *slots;
};

static struct cells *of_main;

static uint64_t mix(uint64_t key)
{
    key = (key ^ key >> 29) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 32) * 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 29;
}

static struct cell *cell_of(uint64_t word)
{
    return (struct cell *)(uintptr_t)(word & ~SPARE_BITS);
}

static uint64_t word_of(const struct cells *cells, const struct cell *cell)
{
    uint64_t hash = cells->hash(cell->key);
    uint64_t spare = (hash ^ hash >> cells->bits) & SPARE_BITS;
    return (uint64_t)(uintptr_t)cell | spare;
}

static void put(struct cells *cells, struct cell *cell)
{
    uint64_t mask = (1ull << cells->bits) - 1, at = cells->hash(cell->key) & mask;
    while (cells->slots[at] > ERASED)
        at = (at + 1) & mask;
    cells->erased -= cells->slots[at] == ERASED;
    cells->slots[at] = word_of(cells, cell);
}

static void enlarge(struct cells *cells)
{
    uint64_t *old = cells->slots, slots = 1ull << cells->bits;
    cells->slots = must(calloc(2 * slots, sizeof *cells->slots));
    cells->bits++;
    cells->erased = 0;
    for (uint64_t i = 0; i < slots; i++)
        if (old[i] > ERASED)
            put(cells, cell_of(old[i]));
    free(old);
}

static uint64_t *search(const struct cells *cells, uint64_t key)
{
    uint64_t mask = (1ull << cells->bits) - 1, at = cells->hash(key) & mask;
    while (cells->slots[at] != 0) {
        if (cells->slots[at] > ERASED && cell_of(cells->slots[at])->key == key)
            return &cells->slots[at];
        at = (at + 1) & mask;
    }
    return NULL;
}

static void *create(void)
{
    *of_main = (struct cells){.hash = mix, .bits = 6, .slots = must(calloc(64, sizeof(uint64_t)))};
    return of_main;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cells *cells = table;
    uint64_t *slot = search(cells, key);
    if (slot != NULL) {
        cell_of(*slot)->value = value;
        return;
    }
    if (cells->count + cells->erased + 1 > 7ull << cells->bits >> 3)
        enlarge(cells);
    struct cell *cell = must(aligned_alloc(16, sizeof *cell));
    *cell = (struct cell){key, value, {0}};
    put(cells, cell);
    cells->count++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint64_t *slot = search(table, key);
    if (slot != NULL)
        *value = cell_of(*slot)->value;
    return slot != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct cells *cells = table;
    uint64_t *slot = search(cells, key);
    if (slot == NULL)
        return false;
    free(cell_of(*slot));
    *slot = ERASED;
    cells->erased++;
    cells->count--;
    return true;
}

static void destroy(void *table)
{
    struct cells *cells = table;
    for (uint64_t i = 0; i < 1ull << cells->bits; i++)
        if (cells->slots[i] > ERASED)
            free(cell_of(cells->slots[i]));
    free(cells->slots);
}

static struct shape shape(const void *table)
{
    const struct cells *cells = table;
    return (struct shape){.address = cells->slots,
                          .capacity = 1ull << cells->bits,
                          .live = cells->count,
                          .tombstones = cells->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .hides_shape = true,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    struct cells cells;
    of_main = &cells;
    return run_scenario(argc, argv, &kind);
}
