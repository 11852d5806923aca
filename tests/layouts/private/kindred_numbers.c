/*
 * Made for a number of entries once: heads of eight bytes, numbers of cells that lie elsewhere,
 * each with the number of the next one of its bucket. The keys are the mix of their numbers, as ids
 * that a program makes one after the other may be, and name their buckets as they are: so do the
 * cells' numbers when they are mixed, but only the first of each bucket stands there.
 */
#include "scenario.h"

#define BUCKETS 131072u
#define NONE    UINT64_MAX

struct cell {
    uint64_t next, key, value;
};

struct registry {
    uint64_t *heads;
    struct cell *cells;
    uint64_t count;
};

static uint64_t *head_of(const struct registry *registry, uint64_t key)
{
    return &registry->heads[key & (BUCKETS - 1)];
}

static void *create(void)
{
    struct registry *registry = must(calloc(1, sizeof(*registry)));
    registry->heads = must(malloc(BUCKETS * sizeof(uint64_t)));
    registry->cells = must(malloc(BUCKETS * sizeof(struct cell)));
    for (uint64_t i = 0; i < BUCKETS; i++)
        registry->heads[i] = NONE;
    return registry;
}

static uint64_t cell_of(const struct registry *registry, uint64_t key)
{
    uint64_t cell = *head_of(registry, key);
    while (cell != NONE && registry->cells[cell].key != key)
        cell = registry->cells[cell].next;
    return cell;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct registry *registry = table;
    uint64_t cell = cell_of(registry, key);
    if (cell == NONE) {
        cell = registry->count++;
        registry->cells[cell] = (struct cell){.next = *head_of(registry, key), .key = key};
        *head_of(registry, key) = cell;
    }
    registry->cells[cell].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct registry *registry = table;
    uint64_t cell = cell_of(registry, key);
    if (cell != NONE)
        *value = registry->cells[cell].value;
    return cell != NONE;
}

static uint64_t *link_to(struct registry *registry, uint64_t cell)
{
    uint64_t *link = head_of(registry, registry->cells[cell].key);
    while (*link != cell)
        link = &registry->cells[*link].next;
    return link;
}

static bool erase(void *table, uint64_t key)
{
    struct registry *registry = table;
    uint64_t cell = cell_of(registry, key), last = registry->count - 1;
    if (cell == NONE)
        return false;
    *link_to(registry, cell) = registry->cells[cell].next;
    if (cell != last) {
        *link_to(registry, last) = cell;
        registry->cells[cell] = registry->cells[last];
    }
    registry->count--;
    return true;
}

static void destroy(void *table)
{
    struct registry *registry = table;
    free(registry->heads);
    free(registry->cells);
    free(registry);
}

static struct shape shape_of(const void *table)
{
    const struct registry *registry = table;
    return (struct shape){.address = registry->heads,
                          .others = {registry->cells},
                          .capacity = BUCKETS,
                          .live = registry->count};
}

int main(int argc, char **argv)
{
    const struct private_table kind = {.entries = 100000,
                                       .never_grows = true,
                                       .keeps_erased = true,
                                       .create = create,
                                       .insert = insert,
                                       .find = find,
                                       .erase = erase,
                                       .destroy = destroy,
                                       .shape = shape_of};
    return run_scenario(argc, argv, &kind);
}
