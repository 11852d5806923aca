/*
 * std::unordered_{map,set,multimap,multiset} of libstdc++ and libc++. The bucket array holds, for
 * each bucket, the address of the node before its first one; exactly one bucket therefore holds the
 * address of the list's head, which lies inside the container object. That word leads from the
 * array to the object, or the other way round, and nothing else fits both.
 */
#include "empty_stretch.h"
#include "entry_sample.h"
#include "std_primes.h"
#include "words.h"

#define BUCKETS_MIN      64
#define LIST_HEAD_OFFSET 16  /* of the first node's address in the object */
#define PROBES_MAX       256 /* words followed when no pointer scan names the object: 0.13 ms */
#define OWNERS_MAX       8   /* places that may hold the array's address */

/* libstdc++ std::_Hashtable without empty bases; libc++ 14 std::__hash_table ends before
 * next_resize. */
struct container {
    uint64_t buckets;
    uint64_t bucket_count;
    uint64_t first_node;
    uint64_t element_count;
    float max_load_factor;
};
#define CONTAINER_BYTES    36
#define NEXT_RESIZE_OFFSET 40

static bool read_container(const struct layout_view *view, const struct block *block,
                           uint64_t address, struct container *out)
{
    unsigned char bytes[CONTAINER_BYTES];
    if (!layout_is_pointer(address, 8) || !layout_read(view, address, bytes, sizeof(bytes)))
        return false;
    memcpy(out, bytes, sizeof(bytes));
    return out->buckets == block->address && out->bucket_count == block->bytes / 8 &&
           (out->first_node == 0) == (out->element_count == 0) &&
           out->element_count / 64 <= out->bucket_count && out->max_load_factor > 0 &&
           out->max_load_factor <= 1000;
}

struct scan {
    const struct layout_view *view;
    const struct block *block;
    struct entry_sample *sample;
    uint64_t list_head; /* what one bucket must hold, 0 while the container is not known */
    uint64_t occupied;
    uint64_t list_head_seen;
    uint64_t lowest, highest;
    unsigned probes;
    uint64_t container; /* found by following buckets */
};

static bool is_bucket(uint64_t word)
{
    return word == 0 || layout_is_pointer(word, 8);
}

static bool visit_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct scan *scan = context;
    if (scan->list_head == 0 && scan->occupied == 0 && offset >= EMPTY_STRETCH_BYTES)
        return false;
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = word_u64(piece, at);
        if (word == 0)
            continue;
        if (!is_bucket(word))
            return false;
        scan->occupied++;
        if (word == scan->list_head)
            scan->list_head_seen++;
        else
            entry_sample_offer(scan->sample, word, offset + at, scan->block->bytes);
        if (word < scan->lowest)
            scan->lowest = word;
        if (word > scan->highest)
            scan->highest = word;
    }
    return true;
}

static bool probe_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct scan *scan = context;
    (void)offset;
    for (size_t at = 0; at < bytes && scan->probes < PROBES_MAX; at += 8) {
        uint64_t word = word_u64(piece, at);
        struct container container;
        if (word == 0)
            continue;
        scan->probes++;
        if (read_container(scan->view, scan->block, word - LIST_HEAD_OFFSET, &container)) {
            scan->container = word - LIST_HEAD_OFFSET;
            return false;
        }
    }
    return scan->probes < PROBES_MAX;
}

/* Through whoever holds the array's address: the only way to a container that clear() left empty.
 */
static uint64_t container_by_pointer(const struct layout_view *view, const struct block *block)
{
    if (view->blocks == NULL)
        return 0;
    for (unsigned nth = 0; nth < OWNERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, nth);
        struct container container;
        if (holder == 0)
            return 0;
        if (read_container(view, block, holder, &container))
            return holder;
    }
    return 0;
}

/* Through the buckets. The object is mostly older than its nodes, or on a stack or in static
 * memory, while the nodes are on the heap: the lowest and the highest word go first. */
static uint64_t container_by_bucket(const struct layout_view *view, const struct block *block)
{
    struct entry_sample sample = {0};
    struct scan scan = {.view = view, .block = block, .sample = &sample, .lowest = UINT64_MAX};
    if (!layout_scan(view, block->address, block->bytes, 8, visit_buckets, &scan) ||
        scan.occupied == 0)
        return 0;
    struct container container;
    if (read_container(view, block, scan.lowest - LIST_HEAD_OFFSET, &container))
        return scan.lowest - LIST_HEAD_OFFSET;
    if (read_container(view, block, scan.highest - LIST_HEAD_OFFSET, &container))
        return scan.highest - LIST_HEAD_OFFSET;
    layout_scan(view, block->address, block->bytes, 8, probe_buckets, &scan);
    return scan.container;
}

/* An empty container has no word in the array to vouch for it. libstdc++ keeps the count at which
 * it will grow, floor(buckets * max_load_factor), or 0 after a change of the factor; libc++ does
 * not, and there only a factor nobody changed counts as proof. */
static bool empty_container_fits(const struct layout_view *view, uint64_t address,
                                 const struct container *container)
{
    uint64_t next_resize;
    if (container->max_load_factor == 1.0f)
        return true;
    return layout_read_u64(view, address + NEXT_RESIZE_OFFSET, &next_resize) &&
           (next_resize == 0 || next_resize == (uint64_t)((double)container->bucket_count *
                                                          (double)container->max_load_factor));
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (block->bytes % 8 != 0 || block->bytes / 8 < BUCKETS_MIN)
        return false;
    for (size_t at = 0; at + 8 <= view->head_bytes; at += 8)
        if (!is_bucket(word_u64(view->head, at)))
            return false;

    uint64_t address = container_by_pointer(view, block);
    if (address == 0)
        address = container_by_bucket(view, block);
    struct container container;
    if (address == 0 || !read_container(view, block, address, &container))
        return false;

    struct entry_sample sample = {0};
    struct scan scan = {.view = view,
                        .block = block,
                        .sample = &sample,
                        .list_head = address + LIST_HEAD_OFFSET,
                        .lowest = UINT64_MAX};
    if (!layout_scan(view, block->address, block->bytes, 8, visit_buckets, &scan) ||
        scan.occupied > container.element_count)
        return false;
    if (container.element_count == 0 ? !empty_container_fits(view, address, &container)
                                     : scan.list_head_seen != 1)
        return false;
    if (sample.count == 0 && container.first_node != 0)
        entry_sample_offer(&sample, container.first_node, 0, block->bytes);

    out->header = address;
    out->capacity = container.bucket_count;
    out->live = container.element_count;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = container.element_count == 0 ? 980000 : 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    entry_sample_measure(&sample, view, out->live, out);
    return true;
}

/* std::_Hashtable::rehash(0) asks for buckets for one element more than there are, and
 * std::__detail::_Prime_rehash_policy::_M_next_bkt() takes the next prime of its list, except below
 * 14, where it looks into __fast_bkt (gcc 12, hashtable_c++0x.cc). At max_load_factor 1. */
static uint64_t capacity_for(uint64_t live)
{
    static const unsigned char small_bucket_counts[] = {2, 2,  2,  3,  5,  5,  7,
                                                        7, 11, 11, 11, 11, 13, 13};
    const size_t prime_count = sizeof(std_primes) / sizeof(std_primes[0]);
    uint64_t wanted = live + 1;
    if (wanted < sizeof(small_bucket_counts))
        return small_bucket_counts[wanted];
    size_t low = 0, high = prime_count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (std_primes[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return std_primes[low] >= wanted ? std_primes[low] : wanted;
}

const struct layout layout_std_unordered_map = {
    .name = "std::unordered_map",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.46,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .on_clear = "keeps the bucket array",
    .shrink_call = "m.rehash(0);",
    .source = "gcc 12.2, bits/hashtable.h and bits/hashtable_policy.h; libc++ 14, __hash_table",
};
