/*
 * std::unordered_{map,set,multimap,multiset} of libc++ (clang++ -stdlib=libc++): std_buckets.h says
 * what proves it. The number of buckets is any prime, or a power of two that the program asked for.
 */
#include "chain_sample.h"
#include "std_unordered_map.h"

/* __hash_table keeps an allocator, a hash or a comparison that is not empty among its own fields.
 */
static const struct std_shape shapes[] = {
    {.list_head = 16, .element_count = 24, .max_load_factor = 32},
    {.list_head = 16, .element_count = 24, .max_load_factor = 40}, /* the hash has 8 bytes */
    {.list_head = 24, .element_count = 40, .max_load_factor = 48}, /* the allocator has */
};

static bool may_be_bucket_count(uint64_t n)
{
    static const unsigned char small_primes[] = {2, 3, 5, 7, 11, 13};
    if (n < STD_BUCKETS_MIN)
        return false;
    if (is_power_of_two(n))
        return true;
    for (unsigned i = 0; i < sizeof(small_primes); i++)
        if (n % small_primes[i] == 0)
            return false;
    return true;
}

/* std::__constrain_hash(); each node keeps its hash behind the next pointer. */
static uint64_t bucket_of(uint64_t hash, uint64_t bucket_count)
{
    return is_power_of_two(bucket_count) ? hash & (bucket_count - 1) : hash % bucket_count;
}

/* An array that is freed for a bigger one: its container lies somewhere among the nodes. */
static bool recognise_in_a_hurry(const struct layout_view *view, const struct block *block,
                                 struct table_reading *out)
{
    /* With integers for keys libstdc++'s chains look the same. */
    if (!view->is_hurried || std_unordered_map_has_size(block->bytes) ||
        !chain_sample_read(view, block->address, block->bytes / 8, bucket_of, out))
        return false;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct std_container container = {0};
    if (block->bytes % 8 != 0 || !may_be_bucket_count(block->bytes / 8) || !std_buckets_begin(view))
        return false;
    if (!std_container_find(view, block, block->bytes / 8, shapes,
                            sizeof(shapes) / sizeof(shapes[0]), &container))
        return recognise_in_a_hurry(view, block, out);
    if (std_unordered_map_claims(view, block, &container))
        return false;
    /* An empty container has no word in the array to vouch for it: there only a load factor that
     * nobody changed counts as proof. */
    if (container.element_count == 0 && container.max_load_factor != 1.0f)
        return false;
    std_container_report(&container, view, block, out);
    return true;
}

static bool is_prime(uint64_t n)
{
    if (n % 2 == 0)
        return n == 2;
    for (uint64_t divisor = 3; divisor * divisor <= n; divisor += 2)
        if (n % divisor == 0)
            return false;
    return n > 1;
}

#define LIVE_MAX                                                                                   \
    (1ULL << 40) /* more is no table; a prime is looked for in milliseconds up to here */

/* __hash_table::rehash(0): __next_prime() of the elements (none for none), counted as float, unless
 * the program itself asked for a power of two before. At max_load_factor 1. */
static uint64_t capacity_for(uint64_t live)
{
    if (live == 0 || live > LIVE_MAX)
        return live;
    uint64_t capacity = (uint64_t)(float)live;
    capacity = capacity < 2 ? 2 : capacity;
    while (!is_prime(capacity))
        capacity++;
    return capacity;
}

const struct layout layout_libcxx_unordered_map = {
    .name = "std::unordered_map (libc++)",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .grows_unseen = true,
    .entries_go_first = true, /* ~__hash_table(): __deallocate_node() */
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = "libc++ 14 and 22, __hash_table: __rehash; src/hash.cpp: __next_prime",
};
