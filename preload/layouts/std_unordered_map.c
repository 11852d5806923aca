/*
 * std::unordered_{map,set,multimap,multiset} of libstdc++: std_buckets.h says what proves it. The
 * number of buckets is a prime of the library's list, and the object keeps the number of elements
 * at which it will grow.
 */
#include "std_unordered_map.h"

#include "chain_sample.h"
#include "std_primes.h"

#define NEXT_RESIZE_OFFSET 40

/* std::_Hashtable: whatever the hash, the comparison and the allocator keep lies in its bases,
 * before _M_buckets. */
static const struct std_shape shape = {
    .list_head = 16, .element_count = 24, .max_load_factor = 32, .next_resize = NEXT_RESIZE_OFFSET};

/* The prime that such an array has for its number of buckets; 0 if there is none. A big block of
 * std::pmr::unsynchronized_pool_resource is rounded up to 64 bytes (gcc 12.2,
 * src/c++17/memory_resource.cc: big_block::alloc_size). */
static uint64_t bucket_count_of(uint64_t block_bytes)
{
    uint64_t words = block_bytes / 8;
    if (block_bytes % 8 != 0 || words < STD_BUCKETS_MIN)
        return 0;
    uint64_t least = block_bytes % 64 == 0 ? words - 7 : words;
    uint64_t prime = std_primes[std_prime_from(least)];
    return prime >= least && prime <= words ? prime : 0;
}

/* _M_next_resize is floor(buckets * max_load_factor), or 0 after a change of the factor. libc++ has
 * no such word, but now and then the same number of buckets. While an array is freed for another
 * one the word is that of the other one already (_M_rehash_aux), and proves nothing. */
static bool next_resize_fits(const struct layout_view *view, const struct std_container *container)
{
    uint64_t next_resize;
    double exact = (double)container->bucket_count * (double)container->max_load_factor;
    return layout_read_u64(view, container->address + NEXT_RESIZE_OFFSET, &next_resize) &&
           (next_resize == 0 || next_resize == (uint64_t)exact);
}

bool std_unordered_map_has_size(uint64_t block_bytes)
{
    return bucket_count_of(block_bytes) != 0;
}

bool std_unordered_map_claims(const struct layout_view *view, const struct block *block,
                              const struct std_container *container)
{
    return bucket_count_of(block->bytes) == container->bucket_count &&
           (view->is_hurried || next_resize_fits(view, container));
}

static uint64_t bucket_of(uint64_t hash, uint64_t bucket_count)
{
    return hash % bucket_count;
}

/* An array that is freed for another one: its container lies somewhere among the nodes.
 * std::__detail::_Mod_range_hashing. Nodes begin with {next, key}: an integer is its own hash, and
 * other keys are not known this way. */
static bool recognise_in_a_hurry(const struct layout_view *view, const struct block *block,
                                 uint64_t bucket_count, struct table_reading *out)
{
    if (!view->is_hurried || !chain_sample_read(view, block->address, bucket_count, bucket_of, out))
        return false;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct std_container container = {0};
    uint64_t bucket_count = bucket_count_of(block->bytes);
    if (bucket_count == 0 || !std_buckets_begin(view))
        return false;
    if (!std_container_find(view, block, bucket_count, &shape, 1, &container))
        return recognise_in_a_hurry(view, block, bucket_count, out);
    if (!std_unordered_map_claims(view, block, &container))
        return false;
    std_container_report(&container, view, block, out);
    return true;
}

/* std::_Hashtable::rehash(0) asks for buckets for one element more than there are, and
 * std::__detail::_Prime_rehash_policy::_M_next_bkt() takes the next prime of its list, except below
 * 14, where it looks into __fast_bkt (gcc 12, hashtable_c++0x.cc). At max_load_factor 1. */
static uint64_t capacity_for(uint64_t live)
{
    static const unsigned char small_bucket_counts[] = {2, 2,  2,  3,  5,  5,  7,
                                                        7, 11, 11, 11, 11, 13, 13};
    uint64_t wanted = live + 1;
    if (wanted < sizeof(small_bucket_counts))
        return small_bucket_counts[wanted];
    uint64_t prime = std_primes[std_prime_from(wanted)];
    return prime >= wanted ? prime : wanted;
}

const struct layout layout_std_unordered_map = {
    .name = "std::unordered_map",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.46,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .knows_next = true,
    .entries_go_first = true, /* ~_Hashtable(): clear(), then _M_deallocate_buckets() */
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = "gcc 12.2, bits/hashtable.h and bits/hashtable_policy.h",
};
