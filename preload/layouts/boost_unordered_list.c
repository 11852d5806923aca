/*
 * boost::unordered_{map,set,multimap,multiset} until Boost 1.79: all nodes are one list, a bucket
 * holds the address of the node before its first one, and the word behind the last bucket is the
 * list's head. So one bucket points at the end of its own array; the container object counts the
 * buckets and keeps the number of elements at which it grows.
 */
#include "buckets.h"
#include "chain_sample.h"
#include "object.h"
#include "size_list.h"

#define BUCKETS_MIN 64

/* The primes of detail/implementation.hpp: BOOST_UNORDERED_PRIMES; only keys that are integers are
 * spread over a prime number of buckets, others over a power of two. */
static const uint32_t primes[] = {
    17,        29,        37,        53,         67,         79,        97,       131,
    193,       257,       389,       521,        769,        1031,      1543,     2053,
    3079,      6151,      12289,     24593,      49157,      98317,     196613,   393241,
    786433,    1572869,   3145739,   6291469,    12582917,   25165843,  50331653, 100663319,
    201326611, 402653189, 805306457, 1610612741, 3221225473, 4294967291};
#define PRIMES (sizeof(primes) / sizeof(primes[0]))

static uint64_t next_prime(uint64_t n)
{
    return primes[size_list_index(primes, PRIMES, n)];
}

/* table, from bucket_count_ on. */
struct container {
    uint64_t bucket_count;
    uint64_t element_count;
    float max_load_factor;
    uint64_t max_load;
    uint64_t buckets;
};
#define BUCKETS_OFFSET 32

struct search {
    const struct block *block;
    uint64_t bucket_count;
    uint64_t element_count;
};

static bool container_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct container container;
    if (!layout_read(view, address, &container, sizeof(container)) ||
        container.buckets != search->block->address ||
        container.bucket_count != search->bucket_count)
        return false;
    search->element_count = container.element_count;
    double max_load = (double)container.max_load_factor * (double)container.bucket_count;
    if (!(max_load > 0 && max_load < 1e18))
        return false;
    uint64_t floor = (uint64_t)max_load;
    return container.max_load == ((double)floor < max_load ? floor + 1 : floor) &&
           container.element_count <= container.max_load;
}

/* node::get_bucket(): the highest bit tells the first of several nodes with one key. */
static uint64_t bucket_of(uint64_t bucket_info, uint64_t bucket_count)
{
    (void)bucket_count;
    return bucket_info & ~(1ULL << 63);
}

static void add_array(struct table_reading *out, const struct block *block)
{
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block, .bucket_count = block->bytes / 8 - 1};
    uint64_t end = block->address + search.bucket_count * 8;
    struct buckets buckets = {.marks = {end}};
    if (block->bytes % 8 != 0 || block->bytes / 8 <= BUCKETS_MIN ||
        (next_prime(search.bucket_count) != search.bucket_count &&
         !is_power_of_two(search.bucket_count)) ||
        !buckets_begin(view, &buckets))
        return false;
    uint64_t container =
        layout_object(view, block->address, BUCKETS_OFFSET, container_fits, &search);
    if (container == 0) {
        if (!view->is_hurried ||
            !chain_sample_read(view, block->address, search.bucket_count, bucket_of, out))
            return false;
        add_array(out, block);
        return true;
    }
    if (!buckets_count(view, block->address, search.bucket_count * 8, &buckets) ||
        buckets.occupied + buckets.marked[0] > search.element_count ||
        buckets.marked[0] != (search.element_count == 0 ? 0 : 1))
        return false;
    uint64_t first_node;
    if (!layout_read_u64(view, end, &first_node) ||
        (first_node == 0) != (search.element_count == 0))
        return false;
    if (buckets.sample.count == 0 && first_node != 0)
        entry_sample_offer(&buckets.sample, first_node, 0, block->bytes);

    out->header = container;
    out->capacity = search.bucket_count;
    out->live = search.element_count;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    add_array(out, block);
    entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}

/* table::rehash(0): the least prime above the elements, or nothing for none; the least power of two
 * where keys are no integers. At max_load_factor 1. */
static uint64_t capacity_for(uint64_t live)
{
    return live == 0 ? 0 : next_prime(live + 1);
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return capacity == 0 ? 0 : (capacity + 1) * 8;
}

const struct layout layout_boost_unordered_list = {
    .name = "boost::unordered_map (until 1.79)",
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
    .source = "Boost 1.74, boost/unordered/detail/implementation.hpp: table, node, rehash_impl",
};
