/*
 * Cells of one word: where a node is, and sixteen bits of its key's hash above that, as pointers
 * leave the upper bits unused. Linear probing with backward shift, one size from the beginning; the
 * number of cells is no power of two.
 */
#include "scenario.h"

enum { CELLS = 300000, TAG_SHIFT = 48 };

struct node {
    uint64_t key, value;
};

struct set {
    uint64_t *cells;
    uint64_t size, live;
};

static APART uint64_t hash_of(uint64_t key)
{
    key = (key ^ key >> 31) * 0xd6e8feb86659fd93u;
    key = (key ^ key >> 29) * 0xa0761d6478bd642fu;
    return key ^ key >> 32;
}

static struct node *node_of(uint64_t cell)
{
    return (struct node *)(uintptr_t)(cell & ((1ull << TAG_SHIFT) - 1));
}

static void *create(void)
{
    struct set *set = must(calloc(1, sizeof *set));
    set->size = CELLS;
    set->cells = must(calloc(set->size, sizeof *set->cells));
    return set;
}

/* The key's cell, or the empty one at which the search for it ends. */
static uint64_t place_of(const struct set *set, uint64_t key)
{
    uint64_t hash = hash_of(key), at = hash % set->size;
    while (set->cells[at] != 0 && (set->cells[at] >> TAG_SHIFT != hash >> TAG_SHIFT ||
                                   node_of(set->cells[at])->key != key))
        at = at + 1 == set->size ? 0 : at + 1;
    return at;
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct set *set = opaque;
    uint64_t *cell = &set->cells[place_of(set, key)];
    if (*cell == 0) {
        struct node *node = must(malloc(sizeof *node));
        node->key = key;
        *cell = hash_of(key) >> TAG_SHIFT << TAG_SHIFT | (uint64_t)(uintptr_t)node;
        set->live++;
    }
    node_of(*cell)->value = value;
}

static bool find(void *opaque, uint64_t key, uint64_t *value)
{
    const struct set *set = opaque;
    uint64_t cell = set->cells[place_of(set, key)];
    if (cell != 0)
        *value = node_of(cell)->value;
    return cell != 0;
}

static bool erase(void *opaque, uint64_t key)
{
    struct set *set = opaque;
    uint64_t hole = place_of(set, key), at = hole;
    if (set->cells[hole] == 0)
        return false;
    free(node_of(set->cells[hole]));
    for (;;) {
        at = at + 1 == set->size ? 0 : at + 1;
        if (set->cells[at] == 0)
            break;
        uint64_t home = hash_of(node_of(set->cells[at])->key) % set->size;
        if ((at + set->size - home) % set->size >= (at + set->size - hole) % set->size) {
            set->cells[hole] = set->cells[at];
            hole = at;
        }
    }
    set->cells[hole] = 0;
    set->live--;
    return true;
}

static void destroy(void *opaque)
{
    struct set *set = opaque;
    for (uint64_t i = 0; i < set->size; i++)
        free(node_of(set->cells[i]));
    free(set->cells);
    free(set);
}

static struct shape shape(const void *opaque)
{
    const struct set *set = opaque;
    return (struct shape){.address = set->cells, .capacity = set->size, .live = set->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
