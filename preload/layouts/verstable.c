/*
 * Verstable: one block that holds the buckets, then 16 bits of metadata for each, then four words
 * of metadata that end an iteration. What proves it: the table's object, which names both halves of
 * the block; without it (when the table grows or is freed) the chains, each of which has one head
 * and one end.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define CAPACITY_MIN     64
#define BUCKET_BYTES_MAX 8192

/* A bucket's metadata: 0 when it is empty, else 4 bits of the hash, whether the key is at home, and
 * the way to the next key of the chain. */
#define HASH_SHIFT     12
#define IS_AT_HOME     0x0800u /* VT_IN_HOME_BUCKET_MASK: the head of a chain */
#define CHAIN_END      0x07ffu /* VT_DISPLACEMENT_MASK */
#define METADATA_BYTES 2
#define STOPPER_BYTES  8 /* the four that follow: 1, 0, 0, 0 */

/* Without the object: as many keys, and no 4 bits of the hash in more than half of them. */
#define KEYS_MIN 16

/* NAME; a context of the user's may follow */
struct table {
    uint64_t key_count, mask;
    uint64_t buckets, metadata;
};
#define BUCKETS_OFFSET 16

struct counts {
    uint64_t keys, heads, ends;
    uint64_t keys_in_first_half;
    uint64_t half; /* where the second half of the metadata begins, in bytes */
    uint32_t by_hash[1u << (16 - HASH_SHIFT)];
};

static bool count(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct counts *counts = context;
    for (size_t at = 0; at + METADATA_BYTES <= bytes; at += METADATA_BYTES) {
        uint16_t metadata;
        memcpy(&metadata, piece + at, sizeof(metadata));
        if (metadata == 0)
            continue;
        counts->keys++;
        counts->keys_in_first_half += offset + at < counts->half;
        counts->heads += (metadata & IS_AT_HOME) != 0;
        counts->ends += (metadata & CHAIN_END) == CHAIN_END;
        counts->by_hash[metadata >> HASH_SHIFT]++;
    }
    return true;
}

/* NAME_total_alloc_size(): a bucket of S bytes takes S + 2. The buckets of a table of 8 or more
 * need no padding before the metadata. */
static bool fits(uint64_t block_bytes, uint64_t capacity)
{
    return block_bytes > STOPPER_BYTES && (block_bytes - STOPPER_BYTES) % capacity == 0 &&
           (block_bytes - STOPPER_BYTES) / capacity > METADATA_BYTES &&
           (block_bytes - STOPPER_BYTES) / capacity <= BUCKET_BYTES_MAX;
}

static uint64_t metadata_of(const struct block *block, uint64_t capacity)
{
    return block->address + block->bytes - STOPPER_BYTES - capacity * METADATA_BYTES;
}

static bool count_keys(const struct layout_view *view, const struct block *block, uint64_t capacity,
                       struct counts *counts)
{
    *counts = (struct counts){.half = capacity / 2 * METADATA_BYTES};
    return layout_scan(view, metadata_of(block, capacity), capacity * METADATA_BYTES,
                       METADATA_BYTES, count, counts) &&
           counts->heads == counts->ends;
}

struct search {
    const struct block *block;
    struct table table;
    struct counts counts;
};

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    if (!layout_read(view, address, table, sizeof(*table)) ||
        table->buckets != search->block->address || table->mask < CAPACITY_MIN - 1)
        return false;
    uint64_t capacity = table->mask + 1;
    return is_power_of_two(capacity) && fits(search->block->bytes, capacity) &&
           table->metadata == metadata_of(search->block, capacity) &&
           count_keys(view, search->block, capacity, &search->counts) &&
           search->counts.keys == table->key_count;
}

static bool hashes_are_diverse(const struct counts *counts)
{
    for (unsigned i = 0; i < sizeof(counts->by_hash) / sizeof(counts->by_hash[0]); i++)
        if (counts->by_hash[i] > counts->keys / 2)
            return false;
    return true;
}

/* Without the object. A table of n small buckets may look like one of 2n whose first half is empty
 * metadata, for its last buckets were never used: what keys there are must be in both halves. */
static uint64_t capacity_by_chains(const struct layout_view *view, const struct block *block,
                                   struct counts *counts)
{
    uint64_t largest = CAPACITY_MIN;
    while (largest <= block->bytes / (METADATA_BYTES + 1) / 2)
        largest *= 2;
    for (uint64_t capacity = largest; capacity >= CAPACITY_MIN; capacity /= 2)
        if (fits(block->bytes, capacity) && count_keys(view, block, capacity, counts) &&
            counts->keys >= KEYS_MIN && counts->keys_in_first_half != 0 &&
            hashes_are_diverse(counts))
            return capacity;
    return 0;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t stopper;
    if (block->bytes <= STOPPER_BYTES || (block->bytes - STOPPER_BYTES) % CAPACITY_MIN != 0 ||
        !layout_read_u64(view, block->address + block->bytes - STOPPER_BYTES, &stopper) ||
        stopper != 1)
        return false;
    struct search search = {.block = block};
    uint64_t header = layout_object(view, block->address, BUCKETS_OFFSET, object_fits, &search);
    uint64_t capacity =
        header != 0 ? search.table.mask + 1 : capacity_by_chains(view, block, &search.counts);
    if (capacity == 0)
        return false;

    out->header = header;
    out->capacity = capacity;
    out->live = search.counts.keys;
    out->slot_bytes = (block->bytes - STOPPER_BYTES) / capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES |
                 (header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = header != 0 ? 1000000 : 950000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* vt_shrink(): NAME_min_bucket_count_for_size(), with the default MAX_LOAD. */
static uint64_t capacity_for(uint64_t live)
{
    if (live == 0)
        return 0;
    uint64_t capacity = 8;
    while ((double)live > (double)capacity * 0.9)
        capacity *= 2;
    return capacity;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    return capacity == 0 ? 0 : capacity * now->slot_bytes + STOPPER_BYTES;
}

const struct layout layout_verstable = {
    .name = "Verstable",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.9,
    .load_after_growth = 0.45,
    .marks_bytes = 2,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "vt_shrink(&table);",
    .source = "Verstable 2.1.1 to 2.2.1, verstable.h: NAME_total_alloc_size, NAME_rehash",
};
