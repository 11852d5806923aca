/*
 * ankerl::unordered_dense::{map,set} and their segmented kin: an array of {distance and
 * fingerprint, index} beside a vector of entries. Each index below the number of entries stands
 * there once, and the distances are those of a robin-hood table: that alone proves a table of some
 * entries; an empty one is known by its object.
 */
#include "empty_stretch.h"
#include "object.h"
#include "words.h"

#define BUCKETS_MIN   64
#define BUCKET_BYTES  8    /* bucket_type::standard */
#define DISTANCE_UNIT 256u /* below it: one byte of the hash */
#define LIVE_MIN      16   /* for a proof without the object */
#define HOLDER_WORDS  9
#define WORDS_BEFORE  4 /* the vector of entries, or of their segments and their number */

struct indexes {
    uint64_t empty_limit; /* where to give up on an array that shows nothing */
    uint64_t live, sum, highest;
    uint32_t previous; /* distance */
};

static bool count_indexes(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct indexes *indexes = context;
    if (indexes->live == 0 && offset >= indexes->empty_limit)
        return false;
    for (size_t at = 0; at < bytes; at += BUCKET_BYTES) {
        uint32_t distance = word_u32(piece, at) / DISTANCE_UNIT;
        uint32_t index = word_u32(piece, at + 4);
        if (word_u32(piece, at) == 0 ? index != 0
                                     : distance == 0 || distance > indexes->previous + 1)
            return false;
        indexes->previous = distance;
        if (distance == 0)
            continue;
        indexes->live++;
        indexes->sum += index;
        indexes->highest = index > indexes->highest ? index : indexes->highest;
    }
    return true;
}

/* The first entries may come from before the last bucket: they wrapped around. */
static struct indexes no_indexes(uint64_t empty_limit)
{
    return (struct indexes){.empty_limit = empty_limit, .previous = UINT32_MAX / DISTANCE_UNIT};
}

/* Whether the indexes are those from 0 to live - 1. */
static bool are_all(const struct indexes *indexes)
{
    return indexes->live == 0 || (indexes->highest == indexes->live - 1 &&
                                  indexes->sum == indexes->live * (indexes->live - 1) / 2);
}

struct table {
    const struct block *block;
    uint64_t entries[3]; /* std::vector: begin, end, end of what is reserved */
    uint64_t segments_live;
    bool is_segmented;
};

static bool is_vector(const uint64_t *vector)
{
    return vector[0] <= vector[1] && vector[1] <= vector[2] &&
           (vector[0] == 0 || layout_is_pointer(vector[0], 1));
}

/* m_max_bucket_capacity and m_max_load_factor. A factor next to nothing would let any memory pass
 * for the object of an empty table. */
static bool limits_fit(uint64_t buckets, uint64_t most, uint32_t factor_bits)
{
    float factor;
    memcpy(&factor, &factor_bits, sizeof(factor));
    return factor >= 0.05f && factor <= 1 && most != 0 &&
           most == (uint64_t)((float)buckets * factor);
}

/* m_buckets, m_num_buckets until 4.4, a vector since 4.5; what follows it is told apart by 4.9's
 * mask. */
static bool buckets_fit(const uint64_t *words, const struct block *block)
{
    uint64_t buckets = block->bytes / BUCKET_BYTES;
    uint64_t end = block->address + block->bytes;
    if (words[0] != block->address)
        return false;
    if (words[1] == buckets)
        return limits_fit(buckets, words[2], (uint32_t)words[3]);
    return words[1] == end && words[2] == end &&
           (limits_fit(buckets, words[3], (uint32_t)words[4]) ||
            ((uint32_t)words[4] == buckets - 1 &&
             limits_fit(buckets, words[3], (uint32_t)(words[4] >> 32))));
}

/* What stands before m_buckets: a vector of entries, or one of segments and the number of entries.
 */
static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct table *table = context;
    uint64_t words[HOLDER_WORDS];
    if (!layout_read(view, address, words, sizeof(words)) ||
        !buckets_fit(words + WORDS_BEFORE, table->block))
        return false;
    table->is_segmented = !is_vector(words + 1);
    table->segments_live = words[3];
    memcpy(table->entries, words + 1, sizeof(table->entries));
    return !table->is_segmented || is_vector(words);
}

static bool entries_fit(const struct table *table, uint64_t live)
{
    uint64_t bytes = table->entries[1] - table->entries[0];
    if (table->is_segmented)
        return table->segments_live == live;
    return live == 0 ? bytes == 0 : bytes != 0 && bytes % live == 0;
}

static void add_entries(const struct layout_view *view, const struct table *table,
                        struct table_reading *out)
{
    struct block entries;
    if (!table->is_segmented && view->blocks->find(view->blocks, table->entries[0], &entries) &&
        entries.bytes == table->entries[2] - table->entries[0])
        out->arrays[out->array_count++] =
            (struct layout_array){entries.address, entries.bytes, DUMP_ROLE_ENTRIES};
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t buckets = block->bytes / BUCKET_BYTES;
    if (block->bytes % BUCKET_BYTES != 0 || !is_power_of_two(buckets) || buckets < BUCKETS_MIN)
        return false;
    struct indexes indexes = no_indexes(UINT64_MAX);
    if (!count_indexes(view->head, view->head_bytes / BUCKET_BYTES * BUCKET_BYTES, 0, &indexes))
        return false;

    struct table table = {.block = block};
    unsigned nth = 0;
    uint64_t address =
        layout_next_object(view, block->address, 8 * WORDS_BEFORE, &nth, table_fits, &table);
    indexes = no_indexes(address != 0 ? UINT64_MAX : EMPTY_STRETCH_BYTES);
    if (!layout_scan(view, block->address, block->bytes, BUCKET_BYTES, count_indexes, &indexes) ||
        !are_all(&indexes) || (address == 0 && indexes.live < LIVE_MIN))
        return false;
    while (address != 0 && !entries_fit(&table, indexes.live)) {
        address = /* that was a copy from before */
            layout_next_object(view, block->address, 8 * WORDS_BEFORE, &nth, table_fits, &table);
        if (address == 0)
            return false;
    }

    out->arrays[out->array_count++] =
        (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    if (address != 0)
        add_entries(view, &table, out);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < out->array_count; i++)
        bytes += out->arrays[i].bytes;
    out->header = address;
    out->capacity = buckets;
    out->live = indexes.live;
    out->slot_bytes = bytes / buckets;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES |
                 (address != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = address != 0 ? 1000000 : 960000;
    return true;
}

/* rehash(0): calc_shifts_for_size(), from 2 to the power of (64 - initial_shifts) on. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = 4; /* 8 until 4.0 */
    while (capacity < 1ULL << 40 && (uint64_t)((float)capacity * 0.8f) < live)
        capacity *= 2;
    return capacity;
}

/* The vector of entries is shrunk to fit, too. It mostly has room for as many as there are buckets.
 */
static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    uint64_t entry_bytes = now->slot_bytes > BUCKET_BYTES ? now->slot_bytes - BUCKET_BYTES : 0;
    return capacity * BUCKET_BYTES + now->live * entry_bytes;
}

const struct layout layout_unordered_dense = {
    .name = "ankerl::unordered_dense",
    .kind = DUMP_KIND_COMPACT,
    .recognise = recognise,
    .load_limit = 0.8,
    .load_after_growth = 0.4,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "shrinks neither the buckets nor the vector of entries",
    .shrink_call = "m.rehash(0);",
    .grows_unseen = true,
    .source = "unordered_dense 1.3.3 to 4.9.2, ankerl/unordered_dense.h: table, bucket_type",
};
