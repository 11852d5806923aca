/*
 * QHash, QMultiHash and QSet of Qt 6: an array of spans, made by new[], which writes their number
 * before the first. A span has 128 slots of one byte, each an index into the span's own block of
 * entries, and that block is where the memory is: it grows with the span and stays when entries are
 * erased. The number in front, and slots that index no more entries than the span has, vouch for
 * it.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define COOKIE_BYTES                                                                               \
    8 /* the Itanium C++ ABI's count of elements, before an array with destructors */
#define SPAN_BYTES    144
#define SPAN_SLOTS    128 /* SpanConstants::NEntries */
#define UNUSED        0xff
#define ENTRIES_AT    128 /* Span::entries; then Span::allocated and nextFree, a byte each */
#define ALLOCATED_AT  136
#define NEXT_FREE_AT  137
#define ENTRIES_STEP  16 /* Span::addStorage(): 48, 80, 96, 112, 128; Qt 6.0 began at 16 */
#define SIZES         (SPAN_SLOTS / ENTRIES_STEP + 1)
#define SPANS_AT      32 /* of the spans' address in Data */
#define CHUNK_HEADER  16 /* glibc: what a multiple of 16 bytes takes more than itself */
#define FIRST_ENTRIES 48

/* QHashPrivate::Data without its last member, the spans; qhash.h. */
struct qhash_data {
    int32_t references;
    uint64_t size;
    uint64_t slot_count;
    uint64_t seed;
};

struct span_counts {
    uint64_t live;
    uint64_t blocks_of[SIZES];  /* spans that have so many times ENTRIES_STEP entries */
    uint64_t entries;           /* of some span, for the size of an entry */
    unsigned entries_allocated; /* how many that span has */
};

static bool count_span(const unsigned char *span, struct span_counts *counts)
{
    uint64_t entries = word_u64(span, ENTRIES_AT);
    unsigned allocated = span[ALLOCATED_AT], used = 0;
    if (allocated % ENTRIES_STEP != 0 || allocated > SPAN_SLOTS || span[NEXT_FREE_AT] > allocated ||
        (allocated == 0 && entries != 0) || (entries != 0 && !layout_is_pointer(entries, 8)))
        return false;
    for (unsigned slot = 0; slot < SPAN_SLOTS; slot++) {
        if (span[slot] == UNUSED)
            continue;
        if (span[slot] >= allocated)
            return false;
        used++;
    }
    if (used > allocated)
        return false;
    counts->live += used;
    if (entries != 0) { /* a rehash and a destructor free them before the spans */
        counts->blocks_of[allocated / ENTRIES_STEP]++;
        counts->entries = entries;
        counts->entries_allocated = allocated;
    }
    return true;
}

static bool count_spans(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    (void)offset;
    for (size_t at = 0; at < bytes; at += SPAN_BYTES)
        if (!count_span(piece + at, context))
            return false;
    return true;
}

struct search {
    uint64_t live, capacity;
};

static bool data_fits(const struct layout_view *view, uint64_t address, void *context)
{
    const struct search *search = context;
    struct qhash_data data;
    return layout_read(view, address, &data, sizeof(data)) && data.size == search->live &&
           data.slot_count == search->capacity;
}

/* From the block of one span's entries; 0 when nobody knows how long that is. */
static uint64_t bytes_of_entry(const struct layout_view *view, const struct span_counts *counts)
{
    struct block block;
    if (view->blocks != NULL && view->blocks->find(view->blocks, counts->entries, &block))
        return block.bytes / counts->entries_allocated;
    uint64_t chunk = layout_chunk_bytes(view, counts->entries);
    return chunk < CHUNK_HEADER ? 0 : (chunk - CHUNK_HEADER) / counts->entries_allocated;
}

static void measure_entries(const struct layout_view *view, const struct span_counts *counts,
                            struct table_reading *out)
{
    uint64_t entry_bytes = counts->entries != 0 ? bytes_of_entry(view, counts) : 0;
    if (entry_bytes == 0 && counts->live != 0)
        return;
    uint64_t blocks = 0, bytes = 0;
    for (unsigned size = 1; size < SIZES; size++) {
        uint64_t chunk, chunks;
        if (__builtin_mul_overflow(entry_bytes, size * ENTRIES_STEP, &chunk) ||
            __builtin_mul_overflow(chunk + CHUNK_HEADER, counts->blocks_of[size], &chunks) ||
            __builtin_add_overflow(bytes, chunks, &bytes))
            return;
        blocks += counts->blocks_of[size];
    }
    out->entry_blocks = blocks;
    out->entry_bytes = bytes;
    out->known |= DUMP_KNOWN_ENTRIES;
}

static bool has_span_array_size(uint64_t bytes)
{
    return bytes >= COOKIE_BYTES + SPAN_BYTES && (bytes - COOKIE_BYTES) % SPAN_BYTES == 0 &&
           is_power_of_two((bytes - COOKIE_BYTES) / SPAN_BYTES);
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t spans = (block->bytes - COOKIE_BYTES) / SPAN_BYTES;
    struct span_counts counts = {0};
    if (!has_span_array_size(block->bytes) || view->head_bytes < COOKIE_BYTES + SPAN_BYTES ||
        word_u64(view->head, 0) != spans || !count_span(view->head + COOKIE_BYTES, &counts))
        return false;
    counts = (struct span_counts){0};
    if (!layout_scan(view, block->address + COOKIE_BYTES, spans * SPAN_BYTES, SPAN_BYTES,
                     count_spans, &counts))
        return false;

    struct search search = {.live = counts.live, .capacity = spans * SPAN_SLOTS};
    out->header = layout_object(view, block->address + COOKIE_BYTES, SPANS_AT, data_fits, &search);
    out->capacity = search.capacity;
    out->live = counts.live;
    out->slot_bytes = block->bytes / search.capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES |
                 (out->header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = out->header != 0 ? 1000000 : 980000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    measure_entries(view, &counts, out);
    return true;
}

/* GrowthPolicy::bucketsForCapacity(): a power of two that is at least twice the entries, one span
 * at least. QHash::capacity() says half of this. */
static uint64_t capacity_for(uint64_t live)
{
    return live <= SPAN_SLOTS / 2 ? SPAN_SLOTS : next_power_of_two(2 * live);
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return COOKIE_BYTES + capacity / SPAN_SLOTS * SPAN_BYTES;
}

/* The spans of a rebuilt table are a quarter to half full, as those were in which this one got its
 * blocks; so those will be of the same mean size. */
static uint64_t entry_bytes_for(uint64_t capacity, const struct table_reading *now)
{
    if (now->live == 0 || now->entry_blocks == 0)
        return 0;
    return capacity / SPAN_SLOTS * (now->entry_bytes / now->entry_blocks);
}

static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    if (!has_span_array_size(block_bytes))
        return 0;
    offsets[0] = COOKIE_BYTES;
    return 1;
}

const struct layout layout_qhash6 = {
    .name = "QHash (Qt 6)",
    .kind = DUMP_KIND_COMPACT,
    .recognise = recognise,
    .load_limit = 0.5,
    .load_after_growth = 0.25,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .entry_bytes_for = entry_bytes_for,
    .on_erase = "never shrinks: the spans and their blocks of entries stay",
    .shrink_call = "h.squeeze();",
    .source = "Qt 6.4.2, qhash.h: QHashPrivate::Span, Data, GrowthPolicy::bucketsForCapacity",
    .handles = handles,
};
