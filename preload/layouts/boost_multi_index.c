/*
 * The hashed indices of boost::multi_index_container (and so of boost::bimap): an array of buckets,
 * each with the address of the first node of its chain, and behind the last bucket that of the
 * container's end node. All nodes are one list through both: the last node of a bucket has the
 * address of the next bucket in use instead of a node's. So the end node leads to the last node,
 * and that one back to the word behind the last bucket, which proves the array by itself.
 * The index says how many buckets there are; the container counts the nodes for all of its indices,
 * at a distance that depends on how many those are.
 */
#include "entry_sample.h"
#include "object.h"
#include "size_list.h"
#include "words.h"

/* bucket_array_base::sizes, those below 2^32. */
static const uint32_t bucket_counts[] = {
    53,        97,        193,       389,       769,        1543,      3079,
    6151,      12289,     24593,     49157,     98317,      196613,    393241,
    786433,    1572869,   3145739,   6291469,   12582917,   25165843,  50331653,
    100663319, 201326611, 402653189, 805306457, 1610612741, 3221225473};
#define BUCKET_COUNTS (sizeof(bucket_counts) / sizeof(bucket_counts[0]))

/* bucket_array_base::size_index() */
static uint64_t size_index(uint64_t bucket_count)
{
    return size_list_index(bucket_counts, BUCKET_COUNTS, bucket_count);
}

/* hashed_index_node_impl. `next` is another node's address or that of a bucket: both begin with
 * `prior`. */
struct node {
    uint64_t prior;
    uint64_t next;
};

/* hashed_index, from its bucket_array on. An allocator without a state takes a word, too. */
struct index {
    uint64_t size_index, allocator, words, buckets;
    float max_load_factor;
    uint64_t max_load;
};
#define BUCKETS_OFFSET 24
#define INDEX_WORDS    128 /* behind the buckets' address: where the container's counter may be */

#define CHAINS_MAX  64
#define NODES_MAX   64   /* of one sampled chain */
#define COUNT_LIMIT 4096 /* up to so many buckets in use, every node is counted */
#define BUCKETS_MIN 53

struct search {
    const struct layout_view *view;
    const struct block *block;
    uint64_t bucket_count;
    uint64_t end_bucket; /* the address behind the last bucket */
    uint64_t end_node;
    uint64_t max_load;
    uint64_t occupied;
    uint64_t chains, nodes; /* that were sampled */
    struct entry_sample sample;
};

static bool is_bucket(const struct search *search, uint64_t address)
{
    return address >= search->block->address && address <= search->end_bucket && address % 8 == 0;
}

static bool read_node(const struct layout_view *view, uint64_t address, struct node *out)
{
    return layout_is_pointer(address, 8) && layout_read(view, address, out, sizeof(*out));
}

/* end node -> last node -> end bucket -> end node, and end node -> first bucket -> first node ->
 * end node. */
static bool list_closes(const struct search *search)
{
    struct node end, last, first;
    uint64_t first_address;
    return read_node(search->view, search->end_node, &end) && is_bucket(search, end.next) &&
           read_node(search->view, end.prior, &last) && last.next == search->end_bucket &&
           layout_read_u64(search->view, end.next, &first_address) &&
           read_node(search->view, first_address, &first) && first.prior == search->end_node;
}

/* hashed_index_node_alg::after(), that for indices with equal keys, which holds for those without:
 * three and more nodes with one key are a group, the second and the last but one of which lead past
 * it. */
static bool step(const struct layout_view *view, uint64_t address, uint64_t *after,
                 bool *ends_bucket)
{
    struct node node, before, other;
    uint64_t back;
    *ends_bucket = false;
    if (!read_node(view, address, &node) || !layout_read_u64(view, node.next, &back))
        return false;
    *after = node.next;
    if (back == address)
        return true;
    if (!read_node(view, back, &before))
        return false;
    if (before.prior == address) {
        *after = back;
        *ends_bucket = true;
        return true;
    }
    if (!read_node(view, before.prior, &other))
        return false;
    if (other.next == address)
        return true;
    struct node last;
    return read_node(view, node.next, &last) && layout_read_u64(view, last.next, after);
}

/* 0 when the chain makes no sense. */
static uint64_t chain_length(const struct layout_view *view, uint64_t node)
{
    uint64_t length = 0;
    bool ends_bucket = false;
    while (!ends_bucket) {
        if (length++ == NODES_MAX)
            break;
        if (!step(view, node, &node, &ends_bucket))
            return 0;
    }
    return length;
}

static bool visit(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct search *search = context;
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = word_u64(piece, at), bucket = (offset + at) / 8;
        if (word == 0)
            continue;
        if (!layout_is_pointer(word, 8))
            return false;
        search->occupied++;
        entry_sample_offer(&search->sample, word, offset + at, search->bucket_count * 8);
        if (search->chains == CHAINS_MAX ||
            bucket < search->bucket_count / CHAINS_MAX * search->chains)
            continue;
        uint64_t length = chain_length(search->view, word);
        if (length == 0)
            return false;
        search->chains++;
        search->nodes += length;
    }
    return true;
}

static bool index_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct index index;
    if (!layout_read(view, address, &index, sizeof(index)) ||
        index.buckets != search->block->address || index.words != search->bucket_count + 1 ||
        index.size_index != size_index(search->bucket_count))
        return false;
    double max_load = (double)index.max_load_factor * (double)search->bucket_count;
    double difference = (double)index.max_load - max_load;
    double rounding = 1 + max_load / 1e6; /* the product is a float there */
    search->max_load = index.max_load;
    return max_load > 0 && max_load < 1e18 && difference <= rounding && -difference <= rounding;
}

/* All nodes, one after the other. False when the list does not come back to its end. */
static bool count_nodes(const struct search *search, uint64_t *count)
{
    struct node end;
    uint64_t node;
    bool ends_bucket;
    if (!read_node(search->view, search->end_node, &end) ||
        !layout_read_u64(search->view, end.next, &node))
        return false;
    for (*count = 0; node != search->end_node; (*count)++) {
        if (*count == 16 * COUNT_LIMIT || !step(search->view, node, &node, &ends_bucket))
            return false;
    }
    return true;
}

/* The container's own counter: the only number behind the index that can be the count of nodes,
 * when that is known to lie between `least` and `most`; 0 when there is none, or several. */
static uint64_t container_count(const struct search *search, uint64_t index, uint64_t least,
                                uint64_t most)
{
    uint64_t found = 0;
    for (unsigned i = 0; i < INDEX_WORDS; i++) {
        uint64_t word;
        if (!layout_read_u64(search->view, index + sizeof(struct index) + 8ull * i, &word))
            return found;
        if (word < least || word > most || word == found)
            continue;
        if (found != 0)
            return 0;
        found = word;
    }
    return found;
}

static bool count(const struct search *search, uint64_t index, struct table_reading *out)
{
    if (search->occupied == 0)
        return true;
    if (!search->view->is_hurried && search->occupied <= COUNT_LIMIT &&
        count_nodes(search, &out->live))
        return out->live >= search->occupied;
    out->live = search->occupied * search->nodes / search->chains;
    /* As in chain_sample.c: lengths scatter by half of their mean, 64 of them by a sixteenth. */
    out->live_error = out->live / (search->chains == CHAINS_MAX ? 16 : 8) + 1;
    if (index == 0)
        return true;
    uint64_t least =
        out->live - (out->live > 3 * out->live_error ? 3 * out->live_error : out->live);
    uint64_t most = out->live + 3 * out->live_error;
    uint64_t counted =
        container_count(search, index, least > search->occupied ? least : search->occupied,
                        most < search->max_load ? most : search->max_load);
    if (counted != 0) {
        out->live = counted;
        out->live_error = 0;
    }
    return true;
}

static bool visit_heads(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct search *search = context;
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = word_u64(piece, at);
        if (word == 0)
            continue;
        if (!layout_is_pointer(word, 8))
            return false;
        search->occupied++;
        entry_sample_offer(&search->sample, word, offset + at, search->bucket_count * 8);
    }
    return true;
}

/* ~multi_index_container() frees the nodes before the arrays, and the end node after them. Of
 * entries thrown at random into n buckets, u of which are hit, u * u / 2n fell onto another. */
static bool recognise_destroyed(struct search *search, uint64_t index, struct table_reading *out)
{
    struct node end;
    search->occupied = search->sample.count = 0;
    if (!search->view->entries_may_be_gone || index == 0 ||
        !read_node(search->view, search->end_node, &end) || !is_bucket(search, end.next) ||
        !layout_scan(search->view, search->block->address, search->bucket_count * 8, 8, visit_heads,
                     search) ||
        !entry_sample_is_gone(&search->sample, search->view))
        return false;
    uint64_t shared = search->occupied * search->occupied / (2 * search->bucket_count);
    out->live = container_count(search, index, search->occupied, search->occupied + 2 * shared + 2);
    if (out->live == 0) {
        out->live = search->occupied + shared;
        out->live_error = shared + 1;
    }
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.view = view, .block = block, .bucket_count = block->bytes / 8 - 1};
    if (block->bytes % 8 != 0 || block->bytes / 8 <= BUCKETS_MIN ||
        bucket_counts[size_index(search.bucket_count)] != search.bucket_count)
        return false;
    search.end_bucket = block->address + search.bucket_count * 8;
    if (!layout_read_u64(view, search.end_bucket, &search.end_node))
        return false;
    bool is_list = list_closes(&search) &&
                   layout_scan(view, block->address, search.bucket_count * 8, 8, visit, &search);
    if (!is_list && !view->entries_may_be_gone)
        return false;
    uint64_t index = layout_object(view, block->address, BUCKETS_OFFSET, index_fits, &search);
    if (is_list ? !count(&search, index, out) : !recognise_destroyed(&search, index, out))
        return false;

    out->entries_are_gone = view->entries_may_be_gone && entry_sample_is_gone(&search.sample, view);
    out->header = index;
    out->capacity = search.bucket_count;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES |
                 (index != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = index != 0 ? 1000000 : 990000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    return true;
}

/* hashed_index::reserve_for_insert(), entry by entry. At max_load_factor 1. */
static uint64_t capacity_for(uint64_t live)
{
    return bucket_counts[size_index(live)];
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return (capacity + 1) * 8;
}

const struct layout layout_boost_multi_index = {
    .name = "boost::multi_index hashed index",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "container fresh; for (auto &value : c) fresh.insert(value); c.swap(fresh); "
                "(rehash(0) and copies keep the buckets)",
    .grows_unseen = true,
    .entries_go_first = true, /* ~multi_index_container(): delete_all_nodes_() */
    .source = "Boost 1.81, boost/multi_index: hashed_index.hpp, detail/bucket_array.hpp, "
              "detail/hash_index_node.hpp, detail/auto_space.hpp",
};
