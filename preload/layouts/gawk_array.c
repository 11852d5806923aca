/*
 * gawk's array with keys that are strings: a prime number of chains. The node that points at it
 * names their number, and every entry carries its hash, which leads to its bucket. Arrays whose
 * keys are whole numbers are no hash tables in gawk.
 */
#include "buckets.h"
#include "object.h"

/* grow_table(), str_array.c. An array becomes larger when it would hold three entries a bucket. */
static const uint32_t capacities[] = {
    13,       127,      1021,     8191,      16381,     32749,     65497,
    131101,   262147,   524309,   1048583,   2097169,   4194319,   8388617,
    16777259, 33554467, 67108879, 134217757, 268435459, 536870923, 1073741827};
#define CAPACITIES (sizeof(capacities) / sizeof(capacities[0]))

#define ENTRIES_IN_BUCKET_AT_GROWTH 3 /* STR_CHAIN_MAX + 1 */

/* NODE, awk.h, of an array. The bucket pointer is one of a union as long as two. */
struct node {
    uint64_t functions, buckets, beside_buckets, parent, name;
    uint64_t unused[2];
    uint64_t capacity; /* array_size */
    uint32_t live;     /* table_size */
    uint32_t padding;
};
#define BUCKETS_OFFSET 8
#define HASH_OFFSET    24 /* BUCKET.hs.code */

static bool is_capacity(uint64_t number)
{
    for (unsigned i = 1; i < CAPACITIES; i++)
        if (number == capacities[i])
            return true;
    return false;
}

static bool node_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct hashed_buckets *found = context;
    struct node node;
    uint64_t functions[2];
    if (!layout_is_pointer(address, 8) || !layout_read(view, address, &node, sizeof(node)))
        return false;
    found->live = node.live;
    found->capacity = node.capacity;
    return node.buckets == found->block->address && node.capacity == found->block->bytes / 8 &&
           node.live > 0 && (node.parent == 0 || layout_is_pointer(node.parent, 8)) &&
           layout_is_pointer(node.functions, 8) &&
           layout_read(view, node.functions, functions, sizeof(functions)) &&
           layout_is_pointer(functions[0], 1) && layout_is_pointer(functions[1], 1);
}

static bool bucket_of(const struct layout_view *view, uint64_t entry, void *context,
                      uint64_t *bucket)
{
    const struct hashed_buckets *table = context;
    uint64_t hash;
    if (!layout_read_u64(view, entry + HASH_OFFSET, &hash))
        return false;
    *bucket = hash % table->capacity;
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    /* The entries come from blocks of a hundred, so what they take is not known. */
    static const struct hashed_buckets_form form = {
        .pointer_offset = BUCKETS_OFFSET, .fits = node_fits, .bucket_of = bucket_of};
    return block->bytes % 8 == 0 && is_capacity(block->bytes / 8) &&
           hashed_buckets_recognise(view, block, &form, out);
}

static uint64_t capacity_for(uint64_t live)
{
    unsigned i = 0;
    while (i + 1 < CAPACITIES && live >= (uint64_t)capacities[i] * ENTRIES_IN_BUCKET_AT_GROWTH)
        i++;
    return capacities[i];
}

const struct layout layout_gawk_array = {
    .name = "gawk array",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = ENTRIES_IN_BUCKET_AT_GROWTH,
    .load_after_growth = 1.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks; frees the array with the last entry",
    .recreate = "for (k in a) n[k] = a[k]; delete a; for (k in n) a[k] = n[k]; delete n",
    .source = "gawk 5.2.1, str_array.c: grow_table, str_lookup; awk.h: NODE, BUCKET",
};
