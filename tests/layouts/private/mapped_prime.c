/*
 * A prime number of cells in whole pages that were mapped, for the blocks of files: their numbers
 * are folded into one and divided, so that blocks in a row stay neighbours. The blocks are in a
 * pool.
 */
#include <sys/mman.h>

#include "scenario.h"

enum { CELLS = 194653, BLOCKS = 120000 };

typedef struct block {
    uint32_t file, number;
    uint32_t pins, state;
    struct block *same_cell;
    struct block *free_next;
    uint64_t value;
} block_t;

typedef struct {
    uint64_t kind, cells;
    block_t **cell;
} cells_t;

typedef struct {
    cells_t *by_number;
    block_t *pool, *free;
    uint64_t in_use;
} cache_t;

static void *map(size_t bytes)
{
    bytes = (bytes + 4095) & ~(size_t)4095;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? must(NULL) : memory;
}

static uint64_t cell_of(const cells_t *cells, const block_t *block)
{
    uint64_t folded = ((uint64_t)block->file << 20) + block->file + block->number;
    return (folded ^ 1653893711) % cells->cells;
}

static block_t numbered(uint64_t key)
{
    return (block_t){.file = (uint32_t)(key % 211), .number = (uint32_t)(key / 211)};
}

static block_t **find_link(cache_t *c, const block_t *like)
{
    block_t **link = &c->by_number->cell[cell_of(c->by_number, like)];
    while (*link != NULL && ((*link)->file != like->file || (*link)->number != like->number))
        link = &(*link)->same_cell;
    return link;
}

static void *create(void)
{
    cache_t *c = must(calloc(1, sizeof(*c)));
    c->by_number = must(calloc(1, sizeof(*c->by_number)));
    c->by_number->cells = CELLS;
    c->by_number->cell = map(CELLS * sizeof(block_t *));
    c->pool = map(BLOCKS * sizeof(block_t));
    for (size_t i = 0; i < BLOCKS; i++) {
        c->pool[i].free_next = c->free;
        c->free = &c->pool[i];
    }
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    cache_t *c = table;
    block_t like = numbered(key), **link = find_link(c, &like);
    if (*link == NULL) {
        block_t *block = must(c->free);
        c->free = block->free_next;
        *block = like;
        block->state = 1;
        *link = block;
        c->in_use++;
    }
    (*link)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    block_t like = numbered(key), *block = *find_link(table, &like);
    if (block != NULL)
        *value = block->value;
    return block != NULL;
}

static __attribute__((noinline)) void evict(cache_t *c, block_t *block)
{
    block_t **link = &c->by_number->cell[cell_of(c->by_number, block)];
    while (*link != block)
        link = &(*link)->same_cell;
    *link = block->same_cell;
    *block = (block_t){.number = UINT32_MAX, .free_next = c->free};
    c->free = block;
    c->in_use--;
}

static bool erase(void *table, uint64_t key)
{
    block_t like = numbered(key), *block = *find_link(table, &like);
    if (block != NULL)
        evict(table, block);
    return block != NULL;
}

static void destroy(void *table)
{
    cache_t *c = table;
    munmap(c->by_number->cell, (CELLS * sizeof(block_t *) + 4095) & ~(size_t)4095);
    munmap(c->pool, (BLOCKS * sizeof(block_t) + 4095) & ~(size_t)4095);
    free(c->by_number);
    free(c);
}

static struct shape shape(const void *table)
{
    const cache_t *c = table;
    return (struct shape){.address = c->by_number->cell, .capacity = CELLS, .live = c->in_use};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
