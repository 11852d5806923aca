/*
 * apr_hash_t of the Apache Portable Runtime: chained, all of it in a pool. A pool takes memory from
 * malloc in nodes of whole pages; an array too large for what is left of the last one, as every
 * array that matters is, comes first in a node of its own. So the node's header, the object and
 * the hash in every entry prove it together.
 */
#include "chained.h"
#include "words.h"

/* struct apr_memnode_t, apr_allocator.h */
#define NODE_INDEX       16 /* pages, less one */
#define NODE_FIRST_AVAIL 24
#define NODE_END         32
#define NODE_BYTES       40
#define NODE_PAGE        4096 /* BOUNDARY_SIZE, apr_pools.c: where pages are that large */
#define NODE_PAGES_MIN   2

/* struct apr_hash_t, tables/apr_hash.c */
struct object {
    uint64_t pool;
    uint64_t array;
    uint64_t iterated; /* iterator.ht: the object itself after a growth or a clear */
    uint64_t iterator_this, iterator_next, iterator_index;
    uint32_t count, max, seed;
};
#define ARRAY_OFFSET 8
#define OBJECT_BYTES 80

/* struct apr_hash_entry_t */
#define ENTRY_NEXT  0
#define ENTRY_HASH  8 /* 32 bits */
#define ENTRY_BYTES 12

#define CAPACITY_MIN 16u

/* Where the array begins in its node: alone, or behind its object in a table that apr_hash_copy()
 * made in one piece. */
static const uint64_t array_offsets[] = {NODE_BYTES, NODE_BYTES + OBJECT_BYTES};
#define ARRAY_OFFSETS (sizeof(array_offsets) / sizeof(array_offsets[0]))

static bool read_object(const struct layout_view *view, uint64_t address, const struct block *array,
                        struct chained_table *table)
{
    struct object object;
    if (!layout_read(view, address, &object, sizeof(object)))
        return false;
    table->capacity = (uint64_t)object.max + 1;
    table->live = object.count;
    return is_power_of_two(table->capacity) && table->capacity <= array->bytes / 8 &&
           table->live <= table->capacity && layout_is_pointer(object.pool, 8) &&
           (table->live > 0 || object.iterated == address);
}

/* find_entry() */
static bool entry_fits(const struct chained_table *table, const unsigned char *entry,
                       uint64_t bucket)
{
    return (word_u32(entry, ENTRY_HASH) & (table->capacity - 1)) == bucket;
}

static const struct chained_layout chained = {
    .array_offset = ARRAY_OFFSET,
    .entry_bytes = ENTRY_BYTES,
    .next_offset = ENTRY_NEXT,
    .read_object = read_object,
    .entry_fits = entry_fits,
};

static bool is_node(const struct layout_view *view, const struct block *block)
{
    if (block->bytes % NODE_PAGE != 0 || block->bytes / NODE_PAGE < NODE_PAGES_MIN ||
        view->head_bytes < NODE_BYTES)
        return false;
    uint64_t end = block->address + block->bytes;
    uint64_t first_avail = word_u64(view->head, NODE_FIRST_AVAIL);
    return word_u64(view->head, NODE_END) == end &&
           word_u32(view->head, NODE_INDEX) == block->bytes / NODE_PAGE - 1 &&
           first_avail >= block->address + NODE_BYTES && first_avail <= end;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (!is_node(view, block))
        return false;
    for (size_t i = 0; i < ARRAY_OFFSETS; i++)
        if (chained_recognise(view, block, array_offsets[i], &chained, out))
            return true;
    return false;
}

static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    if (block_bytes % NODE_PAGE != 0 || block_bytes / NODE_PAGE < NODE_PAGES_MIN)
        return 0;
    memcpy(offsets, array_offsets, sizeof(array_offsets));
    return ARRAY_OFFSETS;
}

/* apr_hash_set() doubles when there are more entries than the highest index. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = CAPACITY_MIN;
    while (live >= capacity && capacity < 1ULL << 62)
        capacity *= 2;
    return capacity;
}

const struct layout layout_apr_hash = {
    .name = "apr_hash_t",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks, and the arrays it outgrew stay in the pool",
    .recreate = "apr_hash_set() what is left into an apr_hash_make() of a new pool, and "
                "apr_pool_destroy() the pool of this one",
    .source = "APR 1.7.2, tables/apr_hash.c: expand_array, find_entry; memory/unix/apr_pools.c: "
              "allocator_alloc, apr_palloc",
    .handles = handles,
};
