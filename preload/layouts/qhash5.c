/*
 * QHash, QMultiHash and QSet of Qt 5: chains of nodes in a prime number of buckets. An empty bucket
 * holds the address of the table's own QHashData, as the end of every chain does, and that object
 * points back at the buckets and names how many they are.
 */
#include "buckets.h"
#include "words.h"

#define BITS_MIN     6  /* 67 buckets */
#define BITS_MAX     26 /* the largest for which prime_deltas has a prime */
#define DELTA_MAX    63 /* of a prime above its power of two: Qt 4 and 5 chose different ones */
#define BUCKETS_WORD 8  /* offset of the buckets' address in QHashData */
#define NODE_MIN     12 /* QHashData::Node: the next node, the hash */

/* Of a full table 98 % of the chains have no more than 4 nodes. */
#define CHAINS_TRIED     4
#define CHAIN_LENGTH_MAX 8

/* struct QHashData, qhash.h of Qt 5.15. */
struct qhash_data {
    uint64_t fake_next; /* always null: it ends the iteration over the buckets */
    uint64_t buckets;
    int32_t references;
    int32_t size;
    int32_t node_bytes;
    int16_t user_bits; /* as reserve() wants it */
    int16_t bits;
    int32_t bucket_count;
};

static bool is_data_of(const struct layout_view *view, const struct block *block, uint64_t address,
                       struct qhash_data *data)
{
    uint64_t capacity = block->bytes / 8, buckets;
    return layout_read_u64(view, address + BUCKETS_WORD, &buckets) && buckets == block->address &&
           layout_read(view, address, data, sizeof(*data)) && data->fake_next == 0 &&
           data->size >= 0 && data->node_bytes >= NODE_MIN && data->bucket_count > 0 &&
           (uint64_t)data->bucket_count == capacity && data->bits >= BITS_MIN &&
           data->bits <= BITS_MAX && capacity >> data->bits == 1;
}

/* Every chain ends at the object, an empty one at once. */
static uint64_t find_data(const struct layout_view *view, const struct block *block,
                          struct qhash_data *data)
{
    for (size_t at = 0; at + 8 <= view->head_bytes && at < 8 * CHAINS_TRIED; at += 8) {
        uint64_t node = word_u64(view->head, at);
        for (unsigned step = 0; step < CHAIN_LENGTH_MAX; step++) {
            if (is_data_of(view, block, node, data))
                return node;
            if (!layout_is_pointer(node, 8) || !layout_read_u64(view, node, &node))
                break;
        }
    }
    return 0;
}

static bool has_bucket_array_size(uint64_t bytes)
{
    uint64_t capacity = bytes / 8;
    if (bytes % 8 != 0 || capacity < 1U << BITS_MIN || capacity >> (BITS_MAX + 1) != 0)
        return false;
    uint64_t power = 1ULL << (63 - __builtin_clzll(capacity));
    return capacity - power <= DELTA_MAX;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct buckets buckets = {0};
    if (!has_bucket_array_size(block->bytes) || !buckets_begin(view, &buckets))
        return false;
    struct qhash_data data;
    uint64_t address = find_data(view, block, &data);
    if (address == 0)
        return false;
    buckets.marks[0] = address;
    uint64_t capacity = block->bytes / 8, live = (uint64_t)data.size;
    if (!buckets_count(view, block->address, block->bytes, &buckets) ||
        buckets.occupied + buckets.marked[0] != capacity || buckets.occupied > live ||
        (buckets.occupied == 0) != (live == 0))
        return false;

    buckets_reading(block, address, live, out);
    entry_sample_measure(&buckets.sample, view, live, out);
    return true;
}

/* squeeze() is reserve(1): QHashData::rehash(-1) takes the first prime from 17 on that is at least
 * half the entries. qhash.cpp: primeForNumBits, prime_deltas, MinNumBits. */
static uint64_t capacity_for(uint64_t live)
{
    static const unsigned char prime_deltas[] = {0,  0, 1, 3,  1, 5,  3, 3,  1,  9, 7,  5,  3, 17,
                                                 27, 3, 1, 29, 3, 21, 7, 17, 15, 9, 43, 35, 15};
    unsigned bits = 4;
    while (bits < BITS_MAX && (1ULL << bits) + prime_deltas[bits] < live / 2)
        bits++;
    return (1ULL << bits) + prime_deltas[bits];
}

const struct layout layout_qhash5 = {
    .name = "QHash (Qt 5)",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    /* remove() and take() shrink at an eighth. So a table that is emptier went another way down, by
     * erase() or from what was reserved, and will stay as it is. */
    .shrinks_by_itself = false,
    .values_are_boxed = true,
    .on_erase = "remove() and take() halve it twice at 12.5 % load, to no less than was reserved; "
                "erase() never shrinks",
    .shrink_call = "h.squeeze();",
    .source = "Qt 5.15.8, qhash.h and qhash.cpp: QHashData, hasShrunk, rehash, squeeze",
};
