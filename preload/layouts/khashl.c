/*
 * khashl (klib): linear probing that leaves no tombstones; one bit a bucket says whether it is
 * used, keys and values stand together in the buckets. The bits alone prove nothing: only the
 * 32-byte object that points at the buckets and counts as many entries as there are bits does.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define BITS_MIN         6  /* 64 buckets: of fewer, too little can be counted */
#define BITS_MAX         31 /* khint_t is 32 bits wide */
#define BUCKET_BYTES_MAX 8192
#define COUNT_MIN        4

/* HType of __KHASHL_TYPE */
struct table {
    uint64_t memory; /* km: an allocator of kalloc.h; NULL for malloc */
    uint32_t bits, count;
    uint64_t used, buckets;
};
#define BUCKETS_OFFSET 24

/* __kh_fsize(): 32-bit words */
static uint64_t used_bytes(uint64_t capacity)
{
    return capacity / 8;
}

/* kh_max_count() */
static uint64_t entries_limit(uint64_t capacity)
{
    return capacity / 2 + capacity / 4;
}

static bool count_bits(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    uint64_t *count = context;
    (void)offset;
    for (size_t at = 0; at + 4 <= bytes; at += 4)
        *count += (unsigned)__builtin_popcount(word_u32(piece, at));
    return true;
}

/* Whether the block of bits is of the right size: a proof that a table without entries has, too.
 * Small ones are not tracked: malloc's own words tell their size, where it is glibc's; otherwise a
 * few entries must do. */
static bool bits_fit(const struct layout_view *view, const struct table *table, uint64_t bytes)
{
    struct block used;
    if (view->blocks->find(view->blocks, table->used, &used))
        return used.bytes == bytes;
    uint64_t chunk = (bytes + 8 + 15) & ~15ULL;
    return table->count >= COUNT_MIN ||
           layout_chunk_bytes(view, table->used) == (chunk < 32 ? 32 : chunk);
}

struct search {
    const struct block *buckets;
    struct table table;
};

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    if (!layout_read(view, address, table, sizeof(*table)) ||
        table->buckets != search->buckets->address || table->bits < BITS_MIN ||
        table->bits > BITS_MAX || !layout_is_pointer(table->used, 4) ||
        (table->memory != 0 && !layout_is_pointer(table->memory, 8)))
        return false;
    uint64_t capacity = 1ULL << table->bits;
    uint64_t bytes = search->buckets->bytes;
    if (bytes < capacity || bytes % capacity != 0 || bytes / capacity > BUCKET_BYTES_MAX ||
        table->count > entries_limit(capacity))
        return false;
    if (!bits_fit(view, table, used_bytes(capacity)))
        return false;
    uint64_t count = 0;
    return layout_scan(view, table->used, used_bytes(capacity), 4, count_bits, &count) &&
           count == table->count;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (view->blocks == NULL || block->bytes < 1U << BITS_MIN ||
        block->bytes % (1U << BITS_MIN) != 0)
        return false;
    struct search search = {.buckets = block};
    uint64_t header = layout_object(view, block->address, BUCKETS_OFFSET, object_fits, &search);
    if (header == 0)
        return false;

    out->header = header;
    out->capacity = 1ULL << search.table.bits;
    out->live = search.table.count;
    out->slot_bytes = block->bytes / out->capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 2;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    out->arrays[1] =
        (struct layout_array){search.table.used, used_bytes(out->capacity), DUMP_ROLE_METADATA};
    return true;
}

/* PREFIX_resize(h, live * 4 / 3 + 1) rounds up to a power of two, at least 4. The request is at
 * least live / 0.75, and what kh_max_count() makes of it so never too small. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live * 4 / 3 + 1);
    return capacity < 4 ? 4 : capacity;
}

const struct layout layout_khashl = {
    .name = "khashl",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.75,
    .load_after_growth = 0.375,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks",
    .shrink_call = "PREFIX_resize(h, kh_size(h) * 4 / 3 + 1);",
    .source = "klib khashl.h r30: __KHASHL_TYPE, __KHASHL_IMPL_RESIZE",
};
