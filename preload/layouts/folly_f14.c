/*
 * Folly's F14 tables: chunks of 16 bytes (14 tags, or 12 and a number, then a control and a count
 * byte) with 14 items behind each. F14Value and F14Node keep values or nodes' addresses there,
 * F14Vector the indexes of values that lie, densely, behind the chunks in the same block;
 * F14FastMap is one of them by the size of its values. The object names the chunks, their number
 * and the entries. Without it, the shortest chunks are taken whose headers make sense.
 */
#include "control_bytes.h"
#include "object.h"
#include "tag_groups.h"
#include "words.h"

#define HEADER_BYTES    16
#define CONTROL_BYTE    14 /* low half: capacity scale, in the first chunk only; high: hosted */
#define TAGS            14
#define TAG_BIT         0x80 /* of every tag in use: F14Chunk::setTag() asserts it */
#define TAGS_OF_INDEXES 12   /* F14Chunk::kCapacity of items of 4 bytes */
#define SCALE_OFFSET    12   /* where those keep their capacity scale */
#define SCALE_SHIFT     12   /* kCapacityScaleShift there */
#define INDEX_CHUNK     64   /* bytes: header and 12 items of 4 */

#define CHUNK_SHIFT_MIN     2
#define CHUNK_SHIFT_MAX     40
#define CHUNK_BYTES_MAX     (1u << 20)
#define VALUE_ALIGN_MAX     128
#define NODES_LOOKED_AT     32u
#define CHUNKS_SEARCHED_MAX 4096u

enum policy { POLICY_VALUE, POLICY_NODE, POLICY_VECTOR };

/* F14Table from chunks_ on; in F14Vector, VectorContainerPolicy::values_ precedes it. */
struct object {
    uint64_t chunks, size_and_shift, packed_begin;
};

struct table {
    uint64_t header, chunks, chunk_bytes, tags;
    uint64_t live, capacity;
};

struct chunk_counts {
    uint64_t chunk_bytes, tags;
    bool are_indexes;
    uint64_t index_end; /* items that are indexes are below it */
    struct tag_groups groups;
};

static bool count_chunk(const unsigned char *chunk, bool is_first, struct chunk_counts *counts)
{
    unsigned occupied = 0;
    for (unsigned i = 0; i < counts->tags; i++) {
        if (chunk[i] == 0)
            continue;
        if (!(chunk[i] & TAG_BIT))
            return false;
        occupied++;
        tag_groups_add(&counts->groups, chunk[i], i);
        if (counts->are_indexes && word_u32(chunk, HEADER_BYTES + i * 4) >= counts->index_end)
            return false;
    }
    /* Hosted are those of its items that overflowed from other chunks. */
    if (chunk[CONTROL_BYTE] >> 4 > occupied || (!is_first && (chunk[CONTROL_BYTE] & 15) != 0))
        return false;
    return counts->tags == TAGS || is_first || (chunk[SCALE_OFFSET] | chunk[SCALE_OFFSET + 1]) == 0;
}

static bool count_chunks(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct chunk_counts *counts = context;
    for (size_t at = 0; at + counts->chunk_bytes <= bytes; at += counts->chunk_bytes)
        if (!count_chunk(piece + at, offset + at == 0, counts))
            return false;
    return true;
}

/* Of chunks longer than the room for scanning, only the headers are read. */
static bool count_long_chunks(const struct layout_view *view, const struct block *block,
                              const struct table *table, struct chunk_counts *counts)
{
    unsigned char header[HEADER_BYTES];
    for (uint64_t i = 0; i < table->chunks; i++)
        if (!layout_read(view, block->address + i * table->chunk_bytes, header, sizeof(header)) ||
            !count_chunk(header, i == 0, counts))
            return false;
    return true;
}

/* computeCapacity(). The scale is 12, or what F14Vector was asked to reserve. */
static uint64_t capacity_of(const unsigned char *first_chunk, uint64_t chunks, uint64_t *tags)
{
    uint64_t scale = first_chunk[CONTROL_BYTE] & 15;
    *tags = TAGS;
    if (scale != 0)
        return scale == TAGS - 2 ? chunks * scale : 0;
    *tags = TAGS_OF_INDEXES;
    scale = first_chunk[SCALE_OFFSET] | (uint64_t)first_chunk[SCALE_OFFSET + 1] << 8;
    return (((chunks - 1) >> SCALE_SHIFT) + 1) * scale;
}

static bool read_chunks(const struct layout_view *view, const struct block *block,
                        const struct table *table, bool are_indexes, struct chunk_counts *counts)
{
    *counts = (struct chunk_counts){.chunk_bytes = table->chunk_bytes,
                                    .tags = table->tags,
                                    .are_indexes = are_indexes,
                                    .index_end = table->live};
    return table->chunk_bytes <= LAYOUT_SCRATCH_BYTES
               ? layout_scan(view, block->address, table->chunks * table->chunk_bytes,
                             table->chunk_bytes, count_chunks, counts)
               : count_long_chunks(view, block, table, counts);
}

static bool has_live(const struct layout_view *view, const struct block *block,
                     const struct table *table, bool are_indexes)
{
    struct chunk_counts counts;
    return read_chunks(view, block, table, are_indexes, &counts) &&
           counts.groups.live == table->live;
}

/* --- with the object --- */

/* The values stand behind the chunks, at the next address that their alignment divides. */
static bool vector_fits(const struct layout_view *view, const struct block *block, uint64_t holder,
                        struct table *table)
{
    uint64_t values, chunk_bytes = table->chunks * INDEX_CHUNK;
    if (table->tags != TAGS_OF_INDEXES || holder < 8 ||
        !layout_read_u64(view, holder - 8, &values) || values < block->address + chunk_bytes ||
        values - block->address - chunk_bytes >= VALUE_ALIGN_MAX ||
        values - block->address >= block->bytes)
        return false;
    table->header = holder - 8;
    table->chunk_bytes = INDEX_CHUNK;
    return (block->address + block->bytes - values) % table->capacity == 0 &&
           has_live(view, block, table, true);
}

/* Chunks fill the block. What is iterated first is named by the address of its item. */
static bool values_fit(const struct layout_view *view, const struct block *block, uint64_t holder,
                       const struct object *object, struct table *table)
{
    if (block->bytes % table->chunks != 0)
        return false;
    table->header = holder;
    table->chunk_bytes = block->bytes / table->chunks;
    bool begins_inside = object->packed_begin > block->address &&
                         object->packed_begin < block->address + block->bytes;
    return table->chunk_bytes % HEADER_BYTES == 0 && table->chunk_bytes > HEADER_BYTES &&
           table->chunk_bytes <= CHUNK_BYTES_MAX &&
           (table->live == 0 ? object->packed_begin == 0 : begins_inside) &&
           has_live(view, block, table, false);
}

struct search {
    const struct block *block;
    struct table *table;
    bool is_vector;
};

static bool object_fits(const struct layout_view *view, uint64_t holder, void *context)
{
    struct search *search = context;
    struct table *table = search->table;
    struct object object = {0};
    if (!layout_read(view, holder, &object, 16))
        return false;
    layout_read_u64(view, holder + offsetof(struct object, packed_begin), &object.packed_begin);
    uint64_t shift = object.size_and_shift & 0xff;
    if (shift < CHUNK_SHIFT_MIN || shift > CHUNK_SHIFT_MAX)
        return false;
    table->chunks = 1ULL << shift;
    table->live = object.size_and_shift >> 8;
    table->capacity = capacity_of(view->head, table->chunks, &table->tags);
    if (table->capacity == 0 || table->live > table->capacity ||
        search->block->bytes / (HEADER_BYTES * 2) < table->chunks)
        return false;
    return search->is_vector ? vector_fits(view, search->block, holder, table)
                             : values_fit(view, search->block, holder, &object, table);
}

/* --- without it: in the midst of a growth, nobody is looked for --- */

/* Chunks of a part of the true length would have items for headers; of a multiple, they would have
 * only true headers, but that is tried later. */
static bool find_alone(const struct layout_view *view, const struct block *block, bool is_vector,
                       struct table *table)
{
    for (unsigned shift = CHUNK_SHIFT_MAX; shift >= CHUNK_SHIFT_MIN; shift--) {
        struct chunk_counts counts;
        table->chunks = 1ULL << shift;
        table->chunk_bytes = is_vector ? INDEX_CHUNK : block->bytes >> shift;
        if (block->bytes / (HEADER_BYTES * 2) < table->chunks ||
            table->chunk_bytes > CHUNK_BYTES_MAX || table->chunk_bytes % HEADER_BYTES != 0)
            continue;
        table->capacity = capacity_of(view->head, table->chunks, &table->tags);
        table->live = table->capacity; /* no index is beyond it */
        if (table->capacity == 0 || is_vector != (table->tags == TAGS_OF_INDEXES))
            continue;
        uint64_t values = table->chunks * table->chunk_bytes;
        if (is_vector ? block->bytes <= values || (block->bytes - values) % table->capacity != 0
                      : block->bytes != values)
            continue;
        if (!read_chunks(view, block, table, is_vector, &counts) ||
            counts.groups.live > table->capacity ||
            !tag_groups_look_hashed(&counts.groups, (unsigned)table->tags))
            continue;
        table->live = counts.groups.live;
        return true;
    }
    return false;
}

/* --- both --- */

/* 14 items of 8 bytes and the header. */
static bool items_may_be_nodes(const struct layout_view *view, const struct block *block,
                               const struct table *table)
{
    unsigned looked_at = 0;
    if (table->chunk_bytes != HEADER_BYTES + TAGS * 8)
        return false;
    for (uint64_t chunk = 0;
         chunk < table->chunks && chunk < CHUNKS_SEARCHED_MAX && looked_at < NODES_LOOKED_AT;
         chunk++) {
        uint64_t address = block->address + chunk * table->chunk_bytes;
        unsigned char header[HEADER_BYTES];
        if (!layout_read(view, address, header, sizeof(header)))
            return false;
        for (unsigned i = 0; i < TAGS; i++) {
            if (header[i] == 0)
                continue;
            looked_at++;
            if (!control_word_may_be_node(view, address + HEADER_BYTES + i * 8))
                return false;
        }
    }
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block, enum policy policy,
                      struct table_reading *out)
{
    struct table table = {0};
    struct search search = {.block = block, .table = &table, .is_vector = policy == POLICY_VECTOR};
    if (block->bytes < HEADER_BYTES * 2 << CHUNK_SHIFT_MIN || view->head_bytes < HEADER_BYTES ||
        (block->address & (HEADER_BYTES - 1)) != 0)
        return false;
    if (layout_object(view, block->address, 0, object_fits, &search) == 0) {
        table.header = 0;
        if (layout_is_held_by_others(view, block->address) ||
            !find_alone(view, block, search.is_vector, &table))
            return false;
    }
    if (policy != POLICY_VECTOR &&
        items_may_be_nodes(view, block, &table) != (policy == POLICY_NODE))
        return false;

    out->header = table.header;
    out->capacity = table.capacity;
    out->live = table.live;
    out->slot_bytes = block->bytes / table.capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES |
                 (table.header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = table.header == 0 ? 900000 : table.live == 0 ? 950000 : 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

static bool recognise_value(struct layout_view *view, const struct block *block,
                            struct table_reading *out)
{
    return recognise(view, block, POLICY_VALUE, out);
}

static bool recognise_node(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return recognise(view, block, POLICY_NODE, out);
}

static bool recognise_vector(struct layout_view *view, const struct block *block,
                             struct table_reading *out)
{
    return recognise(view, block, POLICY_VECTOR, out);
}

/* reserveImpl(0): computeChunkCountAndScale(size, true, false). One chunk is made to measure. */
static uint64_t capacity_for(uint64_t live)
{
    if (live <= TAGS)
        return live;
    return next_power_of_two((live - 1) / (TAGS - 2) + 1) * (TAGS - 2);
}

/* computeChunkCountAndScale(size, true, true): the values are made to measure, too, in steps of as
 * many as there are thousands of chunks. */
static uint64_t chunks_of_indexes(uint64_t live)
{
    return next_power_of_two((live - 1) / (TAGS_OF_INDEXES - 2) + 1);
}

static uint64_t vector_capacity_for(uint64_t live)
{
    if (live <= TAGS_OF_INDEXES)
        return live;
    uint64_t step = ((chunks_of_indexes(live) - 1) >> SCALE_SHIFT) + 1;
    return (live + step - 1) / step * step;
}

static uint64_t vector_bytes_for(uint64_t capacity, const struct table_reading *now)
{
    if (capacity == 0)
        return 0;
    /* now->slot_bytes counts the chunks, too. */
    uint64_t index_bytes = chunks_of_indexes(now->capacity) * INDEX_CHUNK;
    uint64_t value_bytes = now->slot_bytes - index_bytes / now->capacity;
    return chunks_of_indexes(capacity) * INDEX_CHUNK + value_bytes * capacity;
}

#define SOURCE "Folly 2026-08, container/detail/F14Table.h, F14Policy.h"

const struct layout layout_folly_f14_value = {
    .name = "folly::F14ValueMap",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_value,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .marks_bytes = 2,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = SOURCE,
};

const struct layout layout_folly_f14_node = {
    .name = "folly::F14NodeMap or value",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_node,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = SOURCE,
};

const struct layout layout_folly_f14_vector = {
    .name = "folly::F14VectorMap",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_vector,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .marks_bytes = 5,
    .capacity_for = vector_capacity_for,
    .bytes_for = vector_bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = SOURCE,
};
