/*
 * zsh's hash table, behind associative arrays, parameters, functions and commands: an array of
 * chains. Its object says how many buckets and nodes there are and holds the eight functions that
 * work on the table, and every node has a name.
 */
#include "buckets.h"
#include "object.h"

#define CAPACITY_MIN 64
#define CAPACITY_MAX (1u << 28)

/* struct hashtable, Src/zsh.h of zsh 5. */
struct table {
    int32_t capacity, live;
    uint64_t buckets;
    uint64_t temporary;
    uint64_t hash, empty, fill, compare, add, get, get_too, remove;
};
#define BUCKETS_OFFSET 8

/* struct hashnode */
struct node {
    uint64_t next, name;
};

struct search {
    const struct block *block;
    struct table table;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    return layout_is_pointer(address, 8) && layout_read(view, address, table, sizeof(*table)) &&
           table->buckets == search->block->address && table->live >= 0 &&
           (uint64_t)table->capacity == search->block->bytes / 8 &&
           (table->temporary == 0 || layout_is_pointer(table->temporary, 8)) &&
           layout_is_pointer(table->hash, 1) && layout_is_pointer(table->empty, 1) &&
           (table->fill == 0 || layout_is_pointer(table->fill, 1)) &&
           layout_is_pointer(table->compare, 1) && layout_is_pointer(table->add, 1) &&
           layout_is_pointer(table->get, 1) && layout_is_pointer(table->get_too, 1) &&
           layout_is_pointer(table->remove, 1);
}

static bool nodes_have_names(const struct layout_view *view, const struct entry_sample *sample)
{
    for (uint32_t i = 0; i < sample->count; i++) {
        struct node node;
        char first;
        if (!layout_read(view, sample->addresses[i], &node, sizeof(node)) ||
            (node.next != 0 && !layout_is_pointer(node.next, 8)) ||
            !layout_is_pointer(node.name, 1) || !layout_read(view, node.name, &first, 1))
            return false;
    }
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block};
    struct buckets buckets = {0};
    if (view->blocks == NULL || block->bytes % 8 != 0 || block->bytes < 8ULL * CAPACITY_MIN ||
        block->bytes > 8ULL * CAPACITY_MAX || !buckets_begin(view, &buckets))
        return false;
    uint64_t address = layout_object(view, block->address, BUCKETS_OFFSET, table_fits, &search);
    if (address == 0 || !buckets_count(view, block->address, block->bytes, &buckets) ||
        buckets.occupied > (uint64_t)search.table.live ||
        (buckets.occupied == 0) != (search.table.live == 0) ||
        !nodes_have_names(view, &buckets.sample))
        return false;

    buckets_reading(block, address, (uint64_t)search.table.live, out);
    entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}

/* A new array has 17 buckets, newparamtable() in Src/params.c, and gets four times as many when it
 * holds two nodes a bucket. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = 17;
    while (live >= capacity * 2 && capacity < CAPACITY_MAX)
        capacity *= 4;
    return capacity;
}

const struct layout layout_zsh_hash = {
    .name = "zsh hash table",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 2.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "a=(\"${(@kv)a}\")",
    .source =
        "zsh 5.9, Src/zsh.h: struct hashtable; Src/hashtable.c: addhashnode2, expandhashtable",
};
