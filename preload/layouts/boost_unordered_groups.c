/*
 * boost::unordered_{map,set,multimap,multiset} since Boost 1.80: a bucket array, each bucket a list
 * of its own, and an array of groups that tell which of 64 buckets are in use. The container object
 * points at both; that it counts the buckets twice, by number and by index into the list of sizes,
 * and keeps the number of elements at which it grows, proves it.
 */
#include "buckets.h"
#include "object.h"
#include "size_list.h"
#include "words.h"

#define BUCKETS_MIN      64
#define GROUP_BUCKETS    64
#define GROUP_BYTES      32 /* bucket_group: first bucket, bit mask, next, previous */
#define ALLOCATOR_STATES 2  /* an allocator that is not empty lies in the object: 0 or 8 bytes */

/* prime_fmod_size::sizes, detail/prime_fmod.hpp: those below 2^32. */
static const uint32_t bucket_counts[] = {
    13,        29,        53,        97,         193,       389,      769,      1543,
    3079,      6151,      12289,     24593,      49157,     98317,    196613,   393241,
    786433,    1572869,   3145739,   6291469,    12582917,  25165843, 50331653, 100663319,
    201326611, 402653189, 805306457, 1610612741, 3221225473};
#define BUCKET_COUNTS (sizeof(bucket_counts) / sizeof(bucket_counts[0]))

/* size_policy::size_index() */
static uint64_t size_index(uint64_t bucket_count)
{
    return size_list_index(bucket_counts, BUCKET_COUNTS, bucket_count);
}

/* grouped_bucket_array, from size_index_ on. */
struct bucket_array {
    uint64_t size_index, bucket_count, buckets, groups;
};
#define BUCKETS_OFFSET 16 /* in it */

/* table, the members before its bucket array. */
struct counters {
    uint64_t element_count;
    float max_load_factor;
    uint64_t max_load;
};

struct search {
    const struct layout_view *view;
    const struct block *block;
    uint64_t bucket_count;
    uint64_t groups;
    uint64_t element_count;
};

/* The last group ends the list of groups: it counts the bucket behind the last as one in use. */
static bool last_group_fits(const struct layout_view *view, const struct search *search)
{
    uint64_t group[2];
    uint64_t last = search->bucket_count / GROUP_BUCKETS;
    return layout_read(view, search->groups + last * GROUP_BYTES, group, sizeof(group)) &&
           group[0] == search->block->address + last * GROUP_BUCKETS * 8 &&
           (group[1] >> search->bucket_count % GROUP_BUCKETS & 1) != 0;
}

static bool container_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct bucket_array array;
    if (!layout_read(view, address, &array, sizeof(array)) ||
        array.buckets != search->block->address || array.bucket_count != search->bucket_count ||
        array.size_index != size_index(array.bucket_count) || !layout_is_pointer(array.groups, 8))
        return false;
    search->groups = array.groups;
    for (unsigned state = 0; state < ALLOCATOR_STATES; state++) {
        struct counters counters;
        if (!layout_read(view, address - sizeof(counters) - 8ULL * state, &counters,
                         sizeof(counters)))
            continue;
        search->element_count = counters.element_count;
        double max_load = (double)counters.max_load_factor * (double)array.bucket_count;
        if (max_load > 0 && max_load < 1e18 && counters.max_load == (uint64_t)max_load &&
            counters.element_count <= counters.max_load)
            return last_group_fits(view, search);
    }
    return false;
}

static uint64_t groups_bytes(uint64_t bucket_count)
{
    return (bucket_count / GROUP_BUCKETS + 1) * GROUP_BYTES;
}

static void report(const struct search *search, struct table_reading *out)
{
    out->capacity = search->bucket_count;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->arrays[out->array_count++] =
        (struct layout_array){search->block->address, search->block->bytes, DUMP_ROLE_BUCKETS};
    out->arrays[out->array_count++] = (struct layout_array){
        search->groups, groups_bytes(search->bucket_count), DUMP_ROLE_METADATA};
}

/* The groups were allocated right after the buckets. */
static bool find_groups(const struct block *neighbour, void *context)
{
    struct search *search = context;
    if (neighbour->bytes != groups_bytes(search->bucket_count))
        return true;
    search->groups = neighbour->address;
    if (last_group_fits(search->view, search))
        return false;
    search->groups = 0;
    return true;
}

static bool count_used(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    uint64_t *used = context;
    (void)offset;
    for (size_t at = 0; at < bytes; at += GROUP_BYTES)
        *used += (unsigned)__builtin_popcountll(word_u64(piece, at + 8));
    return true;
}

/* An array that is freed for a bigger one: its entries have been moved out, but the groups still
 * tell which buckets were in use. Of entries thrown at random into n buckets, u of which are hit,
 * about u * u / 2n fell onto another. */
static bool recognise_in_a_hurry(const struct layout_view *view, struct search *search,
                                 struct table_reading *out)
{
    uint64_t used = 0;
    if (!view->is_hurried || view->blocks == NULL)
        return false;
    view->blocks->neighbours(view->blocks, search->block->address, find_groups, search);
    if (search->groups == 0 ||
        !layout_scan(view, search->groups, groups_bytes(search->bucket_count), GROUP_BYTES,
                     count_used, &used) ||
        used == 0 || used > search->bucket_count + 1)
        return false;
    used--; /* the end */
    report(search, out);
    out->live_error = used * used / (2 * search->bucket_count);
    out->live = used + out->live_error;
    out->confidence_ppm = 990000;
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    /* One bucket more, for the end. */
    struct search search = {.view = view, .block = block, .bucket_count = block->bytes / 8 - 1};
    struct buckets buckets = {0};
    if (block->bytes % 8 != 0 || block->bytes / 8 <= BUCKETS_MIN ||
        bucket_counts[size_index(search.bucket_count)] != search.bucket_count ||
        !buckets_begin(view, &buckets))
        return false;
    uint64_t container =
        layout_object(view, block->address, BUCKETS_OFFSET, container_fits, &search);
    if (container == 0)
        return recognise_in_a_hurry(view, &search, out);
    if (!buckets_count(view, block->address, search.bucket_count * 8, &buckets) ||
        buckets.occupied > search.element_count ||
        (buckets.occupied == 0) != (search.element_count == 0))
        return false;

    report(&search, out);
    out->header = container;
    out->known |= DUMP_KNOWN_HEADER;
    out->live = search.element_count;
    out->confidence_ppm = 1000000;
    entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}

/* table::rehash(0): the least size of the list that holds the elements, which are counted as float;
 * nothing for none. At max_load_factor 1. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t wanted = (uint64_t)(float)live;
    return live == 0 ? 0 : bucket_counts[size_index(wanted)];
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return capacity == 0 ? 0 : (capacity + 1) * 8 + groups_bytes(capacity);
}

const struct layout layout_boost_unordered_groups = {
    .name = "boost::unordered_map",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .grows_unseen = true,
    .entries_go_first = true, /* ~table(): delete_buckets() */
    .source = "Boost 1.81 and 1.91, boost/unordered/detail: fca.hpp, prime_fmod.hpp, "
              "implementation.hpp",
};
