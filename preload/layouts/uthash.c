/*
 * uthash: a bucket array of {first handle, count, expand_mult}, behind a 64-byte table object that
 * carries a signature put there "to find hash tables in external analysis". One entry leads to it.
 */
#include "empty_stretch.h"
#include "entry_sample.h"
#include "words.h"

#define SIGNATURE       0xa0111fe1u
#define OWNERS_MAX      8
#define INITIAL_BUCKETS 32u /* HASH_INITIAL_NUM_BUCKETS */

struct bucket {
    uint64_t first_handle;
    uint32_t count;
    uint32_t expand_mult;
};

/* UT_hash_table */
struct table {
    uint64_t buckets;
    uint32_t bucket_count, log2_bucket_count;
    uint32_t item_count;
    uint32_t padding;
    uint64_t tail;
    uint64_t handle_offset; /* of the UT_hash_handle in the user's element */
    uint32_t ideal_chain_maxlen, nonideal_items, ineffective_expands, noexpand;
    uint32_t signature;
};

static struct bucket bucket_at(const unsigned char *piece, size_t offset)
{
    struct bucket bucket;
    memcpy(&bucket, piece + offset, sizeof(bucket));
    return bucket;
}

struct scan {
    struct entry_sample *sample;
    uint64_t handle_offset;
    uint64_t array_bytes;
    uint64_t items;
};

static bool bucket_makes_sense(struct bucket bucket)
{
    if (bucket.first_handle == 0)
        return bucket.count == 0;
    return bucket.count != 0 && layout_is_pointer(bucket.first_handle, 8);
}

static bool sum_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct scan *scan = context;
    for (size_t at = 0; at < bytes; at += sizeof(struct bucket)) {
        struct bucket bucket = bucket_at(piece, at);
        if (!bucket_makes_sense(bucket))
            return false;
        if (bucket.count == 0)
            continue;
        scan->items += bucket.count;
        entry_sample_offer(scan->sample, bucket.first_handle - scan->handle_offset, offset + at,
                           scan->array_bytes);
    }
    return true;
}

/* Stops at the first bucket in use: context receives its handle. */
static bool find_used_bucket(const unsigned char *piece, size_t bytes, uint64_t offset,
                             void *context)
{
    uint64_t *handle = context;
    if (offset >= EMPTY_STRETCH_BYTES)
        return false;
    for (size_t at = 0; at < bytes; at += sizeof(struct bucket)) {
        struct bucket bucket = bucket_at(piece, at);
        if (!bucket_makes_sense(bucket))
            return false;
        if (bucket.count != 0) {
            *handle = bucket.first_handle;
            return false;
        }
    }
    return true;
}

static bool is_named(const struct table *table, const struct block *block)
{
    return table->buckets == block->address &&
           table->bucket_count == block->bytes / sizeof(struct bucket);
}

/* Whether it is twice as large as the one that is named: HASH_EXPAND_BUCKETS fills it, frees the
 * old one, and only then names it. */
static bool is_next(const struct table *table, const struct block *block)
{
    return table->buckets != block->address &&
           table->bucket_count * 2ull == block->bytes / sizeof(struct bucket);
}

static bool read_table(const struct layout_view *view, const struct block *block, uint64_t address,
                       struct table *table)
{
    return layout_is_pointer(address, 8) && layout_read(view, address, table, sizeof(*table)) &&
           table->signature == SIGNATURE &&
           (is_named(table, block) || (view->is_hurried && is_next(table, block)));
}

/* Through whoever holds the array's address. */
static uint64_t table_by_pointer(const struct layout_view *view, const struct block *block,
                                 struct table *table)
{
    for (unsigned nth = 0; view->blocks != NULL && nth < OWNERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (holder == 0)
            return 0;
        if (read_table(view, block, holder, table))
            return holder;
    }
    return 0;
}

/* Through an item. A table without items does not exist: deleting the last one frees everything. */
static uint64_t table_by_item(const struct layout_view *view, const struct block *block,
                              struct table *table)
{
    uint64_t handle = 0, address;
    layout_scan(view, block->address, block->bytes, sizeof(struct bucket), find_used_bucket,
                &handle);
    if (handle == 0 || !layout_read_u64(view, handle, &address) ||
        !read_table(view, block, address, table))
        return 0;
    return address;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t capacity = block->bytes / sizeof(struct bucket);
    if (block->bytes % sizeof(struct bucket) != 0 || !is_power_of_two(capacity) ||
        capacity < INITIAL_BUCKETS || capacity > UINT32_MAX)
        return false;
    for (size_t at = 0; at + sizeof(struct bucket) <= view->head_bytes; at += sizeof(struct bucket))
        if (!bucket_makes_sense(bucket_at(view->head, at)))
            return false;

    struct table table;
    uint64_t table_address = table_by_item(view, block, &table);
    if (table_address == 0)
        table_address = table_by_pointer(view, block, &table);
    if (table_address == 0)
        return false;

    struct entry_sample sample = {0};
    struct scan scan = {
        .sample = &sample, .handle_offset = table.handle_offset, .array_bytes = block->bytes};
    if (!layout_scan(view, block->address, block->bytes, sizeof(struct bucket), sum_buckets, &scan))
        return false;
    if (!is_named(&table, block) && scan.items != table.item_count)
        return false;

    out->header = table_address;
    out->capacity = capacity;
    out->live = scan.items;
    out->slot_bytes = sizeof(struct bucket);
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = scan.items == table.item_count ? 1000000 : 950000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    entry_sample_measure(&sample, view, out->live, out);
    return true;
}

/*
 * uthash doubles when the chain of one bucket reaches 10, not at a load: the more buckets, the
 * sooner one of them is that long. Items per bucket at that moment, for 2^5 buckets and up: the
 * mean of six runs with the default hash function (HASH_JEN), sequential and random 8-byte keys.
 */
static uint64_t capacity_for(uint64_t live)
{
    static const float items_per_bucket_at_growth[] = {4.8f, 5.1f, 4.9f, 4.9f, 4.8f, 4.1f,
                                                       3.7f, 3.6f, 3.3f, 3.1f, 2.7f, 2.6f,
                                                       2.3f, 2.2f, 2.1f, 1.95f};
    const unsigned last =
        sizeof(items_per_bucket_at_growth) / sizeof(items_per_bucket_at_growth[0]) - 1;
    uint64_t capacity = INITIAL_BUCKETS;
    for (unsigned step = 0; capacity < (1ULL << 31); step++, capacity *= 2)
        if ((double)live <=
            (double)capacity * (double)items_per_bucket_at_growth[step < last ? step : last])
            break;
    return capacity;
}

/* Every element points at the table; the program's variable, at the first of them. Behind the
 * pointer to the table, a UT_hash_handle has that to the element before it. */
static bool is_entrance(const struct layout_view *view, uint64_t place)
{
    uint64_t previous;
    return layout_read_u64(view, place + 8, &previous) && previous == 0;
}

const struct layout layout_uthash = {
    .name = "uthash",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    /* Measured at 64 Ki to 1 Mi buckets: 2.7 to 1.95 items a bucket at a growth. */
    .load_limit = 2.3,
    .load_after_growth = 1.0,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .knows_next = true,
    .on_erase = "never shrinks; frees everything with the last item",
    .recreate = "HASH_ITER over the table: HASH_DEL from the old head, HASH_ADD to a new one that "
                "starts as NULL",
    .source = "uthash 2.3.0, uthash.h: UT_hash_bucket, UT_hash_table, HASH_EXPAND_BUCKETS",
    .is_entrance = is_entrance,
};
