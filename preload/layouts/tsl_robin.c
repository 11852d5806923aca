/*
 * tsl::robin_map and tsl::robin_set: one array of {distance from home, flag of the last bucket,
 * entry}, with 4 bytes of the hash before them on demand. The object holds the array's address
 * twice, counts buckets and entries and keeps the count at which it grows.
 */
#include "distance_scan.h"
#include "object.h"
#include "tsl.h"

#include <string.h>

/* robin_hash, from m_buckets on; before it stands m_buckets_data, a std::vector. */
struct table {
    uint64_t buckets;
    uint64_t bucket_count;
    uint64_t element_count;
    uint64_t load_threshold;
    float min_load_factor;
    float max_load_factor;
};

/* bucket_entry: of m_dist_from_ideal_bucket and m_last_bucket; behind m_hash if there is one. */
#define LAST_OFFSET      2
#define HASH_BYTES       4
#define BUCKET_BYTES_MIN 4
#define DISTANCE_LIMIT   8193 /* DIST_FROM_IDEAL_BUCKET_LIMIT, and the one that makes it grow */
#define TAIL_BYTES       512  /* the largest bucket that is looked for without the object */

static void report(const struct block *block, uint64_t buckets, struct table_reading *out)
{
    out->capacity = buckets;
    out->slot_bytes = block->bytes / buckets;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
}

static bool last_bucket_fits(const struct layout_view *view, const struct block *block,
                             uint64_t bucket_bytes)
{
    unsigned char bucket[HASH_BYTES + LAST_OFFSET + 1];
    if (!layout_read(view, block->address + block->bytes - bucket_bytes, bucket, sizeof(bucket)))
        return false;
    return bucket[LAST_OFFSET] == 1 || bucket[HASH_BYTES + LAST_OFFSET] == 1;
}

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct table *table = context;
    uint64_t block_address = table->buckets;
    return layout_read(view, address, table, sizeof(*table)) && table->buckets == block_address &&
           table->bucket_count >= TSL_BUCKETS_MIN && table->element_count <= table->bucket_count &&
           table->load_threshold != 0 &&
           table->load_threshold == tsl_threshold(table->bucket_count, table->max_load_factor) &&
           table->max_load_factor > 0 && table->max_load_factor < 1 &&
           table->min_load_factor >= 0 && table->min_load_factor < table->max_load_factor;
}

/* An array that is freed for a bigger one, or that bigger one. Of the numbers of buckets that fit,
 * the largest is tried first: every second slot of a sparse table looks like a table, too. Only
 * powers of two, the default growth policy. */
static bool recognise_in_a_hurry(const struct layout_view *view, const struct block *block,
                                 struct table_reading *out)
{
    unsigned char tail[TAIL_BYTES];
    if (!view->is_hurried || block->bytes < sizeof(tail) ||
        !layout_read(view, block->address + block->bytes - sizeof(tail), tail, sizeof(tail)))
        return false;
    uint64_t most = next_power_of_two(block->bytes / BUCKET_BYTES_MIN + 1) / 2;
    for (uint64_t buckets = most; buckets >= TSL_BUCKETS_MIN; buckets /= 2) {
        uint64_t bucket_bytes = block->bytes / buckets;
        if (bucket_bytes > sizeof(tail))
            return false;
        if (block->bytes % buckets != 0)
            continue;
        for (uint32_t offset = 0; offset <= HASH_BYTES; offset += HASH_BYTES) {
            struct distances distances = {.slot_bytes = (uint32_t)bucket_bytes,
                                          .offset = offset,
                                          .bytes = 2,
                                          .most = DISTANCE_LIMIT,
                                          .flag_offset = offset + LAST_OFFSET};
            if (bucket_bytes <= distances.flag_offset ||
                tail[sizeof(tail) - bucket_bytes + distances.flag_offset] != 1 ||
                !distances_read(view, block->address, block->bytes, &distances))
                continue;
            out->live = distances.live;
            report(block, buckets, out);
            out->confidence_ppm = 990000;
            return true;
        }
    }
    return false;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct table table = {.buckets = block->address};
    if (block->bytes < TSL_BUCKETS_MIN * BUCKET_BYTES_MIN)
        return false;
    uint64_t address = layout_object(view, block->address, 0, table_fits, &table);
    if (address == 0)
        return recognise_in_a_hurry(view, block, out);
    if (block->bytes % table.bucket_count != 0)
        return false;
    uint64_t bucket_bytes = block->bytes / table.bucket_count;
    if (bucket_bytes < BUCKET_BYTES_MIN || !last_bucket_fits(view, block, bucket_bytes))
        return false;

    out->live = table.element_count;
    report(block, table.bucket_count, out);
    out->header = address;
    out->known |= DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    return true;
}

static uint64_t capacity_for(uint64_t live)
{
    return tsl_rebuilt_capacity(live, 0.5f); /* DEFAULT_MAX_LOAD_FACTOR */
}

const struct layout layout_tsl_robin = {
    .name = "tsl::robin_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.5,
    .load_after_growth = 0.25,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks, unless min_load_factor() was set",
    .on_clear = "keeps the array",
    .shrink_call = "m.rehash(0);",
    .grows_unseen = true,
    .source = "robin-map 1.2.1, tsl/robin_hash.h: robin_hash, bucket_entry; robin_growth_policy.h",
};
