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

struct search {
    const struct block *block;
    struct table table;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    return layout_read(view, address, table, sizeof(*table)) &&
           table->buckets == search->block->address && table->bucket_count >= TSL_BUCKETS_MIN &&
           table->element_count <= table->bucket_count &&
           search->block->bytes % table->bucket_count == 0 &&
           search->block->bytes / table->bucket_count >= BUCKET_BYTES_MIN &&
           last_bucket_fits(view, search->block, search->block->bytes / table->bucket_count) &&
           table->load_threshold != 0 &&
           table->load_threshold == tsl_threshold(table->bucket_count, table->max_load_factor) &&
           table->max_load_factor > 0 && table->max_load_factor < 1 &&
           table->min_load_factor >= 0 && table->min_load_factor < table->max_load_factor;
}

/* How the distances lie in buckets of that size: behind the hash or without one. */
static struct distances distances_of(uint64_t bucket_bytes, bool has_hash)
{
    uint32_t offset = has_hash ? HASH_BYTES : 0;
    return (struct distances){.slot_bytes = (uint32_t)bucket_bytes,
                              .offset = offset,
                              .bytes = 2,
                              .most = DISTANCE_LIMIT,
                              .flag_offset = offset + LAST_OFFSET};
}

/* The entries in that many buckets, UINT64_MAX where the distances do not hold. */
static uint64_t count_entries(const struct layout_view *view, const struct block *block,
                              uint64_t bucket_count)
{
    uint64_t bucket_bytes = block->bytes / bucket_count;
    for (unsigned has_hash = 0; has_hash < 2; has_hash++) {
        struct distances distances = distances_of(bucket_bytes, has_hash != 0);
        if (bucket_bytes > distances.flag_offset && bucket_bytes <= LAYOUT_SCRATCH_BYTES &&
            distances_count(view, block->address, block->bytes, &distances))
            return distances.live;
    }
    return UINT64_MAX;
}

static struct object_choice choose_table(const struct layout_view *view, const struct block *block)
{
    struct object_choice choice = {0}, next = {0};
    struct search search = {.block = block};
    unsigned nth = 0;
    while (!OBJECT_IS_SETTLED(&choice) &&
           (next.address =
                layout_next_object(view, block->address, 0, &nth, table_fits, &search)) != 0) {
        next.live = search.table.element_count;
        if (next.capacity != search.table.bucket_count)
            next.counted = count_entries(view, block, search.table.bucket_count);
        next.capacity = search.table.bucket_count;
        object_choose(&choice, &next);
    }
    return choice;
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
        for (unsigned has_hash = 0; has_hash < 2; has_hash++) {
            struct distances distances = distances_of(bucket_bytes, has_hash != 0);
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
    if (block->bytes < TSL_BUCKETS_MIN * BUCKET_BYTES_MIN)
        return false;
    struct object_choice choice = choose_table(view, block);
    if (choice.address == 0)
        return recognise_in_a_hurry(view, block, out);
    report(block, choice.capacity, out);
    object_choice_report(&choice, out);
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
    .marks_bytes = 8,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks, unless min_load_factor() was set",
    .shrink_call = "m.rehash(0);",
    .grows_unseen = true,
    .source = "robin-map 1.2.1, tsl/robin_hash.h: robin_hash, bucket_entry; robin_growth_policy.h",
};
