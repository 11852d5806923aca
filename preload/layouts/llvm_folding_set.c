/*
 * LLVM's FoldingSet and ContextualFoldingSet: a power of two of chains of nodes, and one word more
 * that is -1. A chain ends with the address of its own bucket, lowest bit set, and so does a bucket
 * that was emptied. The object that points at the buckets counts them and the nodes.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define BUCKETS_MIN 64
#define SENTINEL    UINT64_MAX
#define LOAD_LIMIT  2 /* FoldingSetBase::capacity() */

/* class FoldingSetBase, llvm/ADT/FoldingSet.h. Until LLVM 7 a virtual table came before. */
struct folding_set {
    uint64_t buckets;
    uint32_t bucket_count, nodes;
};

struct bucket_scan {
    uint64_t address;
    uint64_t occupied;
};

static bool count_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct bucket_scan *scan = context;
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = word_u64(piece, at), own_end = (scan->address + offset + at) | 1;
        if (word == 0 || word == own_end)
            continue;
        if (!layout_is_pointer(word, 8))
            return false;
        scan->occupied++;
    }
    return true;
}

struct search {
    uint64_t bucket_count;
    uint64_t occupied;
    struct folding_set set;
};

static bool set_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct folding_set *set = &search->set;
    return layout_read(view, address, set, sizeof(*set)) &&
           set->bucket_count == search->bucket_count &&
           set->nodes <= LOAD_LIMIT * search->bucket_count && search->occupied <= set->nodes &&
           (search->occupied == 0) == (set->nodes == 0);
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t bucket_count = block->bytes / 8 - 1, last;
    if (view->blocks == NULL || block->bytes % 8 != 0 || bucket_count < BUCKETS_MIN ||
        !is_power_of_two(bucket_count) || bucket_count > UINT32_MAX / LOAD_LIMIT ||
        !layout_read_u64(view, block->address + 8 * bucket_count, &last) || last != SENTINEL)
        return false;
    struct bucket_scan scan = {.address = block->address};
    if (!layout_scan(view, block->address, 8 * bucket_count, 8, count_buckets, &scan))
        return false;
    struct search search = {.bucket_count = bucket_count, .occupied = scan.occupied};
    uint64_t object = layout_object(view, block->address, 0, set_fits, &search);
    if (object == 0)
        return false;

    out->header = object;
    out->capacity = bucket_count;
    out->live = search.set.nodes;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    return true;
}

/* FoldingSetBase(6) and GrowHashTable(): doubled when there are more nodes than twice the buckets.
 */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = BUCKETS_MIN;
    while (capacity < 1ULL << 32 && live > LOAD_LIMIT * capacity)
        capacity *= 2;
    return capacity;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return (capacity + 1) * 8;
}

const struct layout layout_llvm_folding_set = {
    .name = "LLVM FoldingSet",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = LOAD_LIMIT,
    .load_after_growth = 1.0,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "while (!s.empty()) { auto *node = &*s.begin(); s.RemoveNode(node); "
                "fresh.InsertNode(node); } s = std::move(fresh);",
    .source = "LLVM 14.0.6, llvm/ADT/FoldingSet.h and lib/Support/FoldingSet.cpp: FoldingSetBase",
};
