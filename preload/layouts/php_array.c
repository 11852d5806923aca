/*
 * PHP's array with keys, zend_array: one block with an index of 32-bit numbers and a dense array of
 * buckets behind it, which is where the array object points. The object names the size, and every
 * bucket carries its hash and is found in the chain which that names. Arrays that count from 0 are
 * vectors in PHP and are not read.
 */
#include "entry_sample.h"
#include "object.h"
#include "words.h"

#define CAPACITY_MIN    64
#define CAPACITY_MAX    (1u << 30) /* HT_MAX_SIZE */
#define BUCKET_BYTES    32
#define INDEX_BYTES     8 /* of the index, for each bucket: two numbers */
#define NO_BUCKET       UINT32_MAX
#define KEYS_MIN        8
#define CHAIN_STEPS_MAX 64

/* struct _zend_array, Zend/zend_types.h of PHP 7.3 to 8.4. */
struct array {
    uint32_t references, type;
    uint32_t flags;
    uint32_t mask; /* minus the number of numbers in the index */
    uint64_t buckets;
    uint32_t used, live, capacity, position;
};
#define BUCKETS_OFFSET     16
#define TYPE_MASK          0xfu
#define TYPE_ARRAY         7u
#define FLAG_PACKED        (1u << 2)
#define FLAG_UNINITIALIZED (1u << 3)

/* Bucket: a zval {value, type, next}, the hash, the key. */
#define TYPE_OFFSET 8
#define NEXT_OFFSET 12
#define HASH_OFFSET 16
#define KEY_OFFSET  24
#define TYPE_UNDEF  0  /* deleted */
#define TYPE_LAST   15 /* _IS_ERROR; IS_INDIRECT is below */

struct table {
    uint64_t index; /* address of the block */
    uint64_t buckets;
    uint64_t capacity;
    uint64_t used; /* the last bucket that a chain begins with, plus one: that is the last live one,
                      for new ones come to the beginning of their chain */
    bool has_first; /* bucket 0 begins a chain, as only one can: memory of zeros is no index */
    uint64_t live;
    struct entry_sample sample;
};

static bool scan_index(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct table *table = context;
    (void)offset;
    for (size_t at = 0; at < bytes; at += 4) {
        uint32_t number = word_u32(piece, at);
        if (number == NO_BUCKET)
            continue;
        if (number >= table->capacity || (number == 0 && table->has_first))
            return false;
        if (number == 0)
            table->has_first = true;
        if (number >= table->used)
            table->used = (uint64_t)number + 1;
    }
    return true;
}

static bool scan_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct table *table = context;
    for (size_t at = 0; at < bytes; at += BUCKET_BYTES) {
        unsigned type = piece[at + TYPE_OFFSET];
        uint32_t next = word_u32(piece, at + NEXT_OFFSET);
        uint64_t key = word_u64(piece, at + KEY_OFFSET);
        if (type == TYPE_UNDEF)
            continue;
        if (type > TYPE_LAST || (next != NO_BUCKET && next >= table->used) ||
            (key != 0 && !layout_is_pointer(key, 8)))
            return false;
        table->live++;
        entry_sample_offer(&table->sample, table->buckets + offset + at, offset + at,
                           table->used * BUCKET_BYTES);
    }
    return true;
}

/* Whether each sampled bucket is in the chain that its hash names. */
static bool buckets_are_hashed(const struct layout_view *view, const struct table *table)
{
    for (uint32_t i = 0; i < table->sample.count; i++) {
        uint64_t bucket = table->sample.addresses[i], hash;
        uint32_t number;
        if (!layout_read_u64(view, bucket + HASH_OFFSET, &hash) ||
            !layout_read_u32(view, table->index + 4 * (hash & (2 * table->capacity - 1)), &number))
            return false;
        for (unsigned step = 0; table->buckets + number * (uint64_t)BUCKET_BYTES != bucket; step++)
            if (step == CHAIN_STEPS_MAX || number >= table->used ||
                !layout_read_u32(
                    view, table->buckets + number * (uint64_t)BUCKET_BYTES + NEXT_OFFSET, &number))
                return false;
    }
    return true;
}

static bool array_fits(const struct layout_view *view, uint64_t address, void *context)
{
    const struct table *table = context;
    struct array array;
    return layout_is_pointer(address, 8) && layout_read(view, address, &array, sizeof(array)) &&
           array.buckets == table->buckets && array.capacity == table->capacity &&
           array.mask == (uint32_t)(-2 * (int64_t)table->capacity) && array.references != 0 &&
           (array.type & TYPE_MASK) == TYPE_ARRAY &&
           (array.flags & (FLAG_PACKED | FLAG_UNINITIALIZED)) == 0 && array.live == table->live &&
           array.used == table->used;
}

static uint64_t capacity_of(uint64_t bytes)
{
    uint64_t capacity = bytes / (INDEX_BYTES + BUCKET_BYTES);
    bool fits = bytes == capacity * (INDEX_BYTES + BUCKET_BYTES) && is_power_of_two(capacity) &&
                capacity >= CAPACITY_MIN && capacity <= CAPACITY_MAX;
    return fits ? capacity : 0;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t capacity = capacity_of(block->bytes);
    struct table table = {.index = block->address,
                          .buckets = block->address + capacity * INDEX_BYTES,
                          .capacity = capacity};
    struct table beginning = table;
    if (capacity == 0 || !scan_index(view->head, view->head_bytes & ~3u, 0, &beginning) ||
        !layout_scan(view, table.index, capacity * INDEX_BYTES, 4, scan_index, &table) ||
        !layout_scan(view, table.buckets, table.used * BUCKET_BYTES, BUCKET_BYTES, scan_buckets,
                     &table) ||
        !buckets_are_hashed(view, &table))
        return false;
    uint64_t array = layout_object(view, table.buckets, BUCKETS_OFFSET, array_fits, &table);
    if (array == 0 && table.sample.count < KEYS_MIN)
        return false;

    out->header = array;
    out->capacity = capacity;
    out->live = table.live;
    /* Buckets that were deleted among the live ones; those behind the last are free again. */
    out->tombstones = table.used - table.live;
    out->slot_bytes = INDEX_BYTES + BUCKET_BYTES;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (array != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = array != 0 ? 1000000 : 970000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* The array object points behind the index. */
static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    if (capacity_of(block_bytes) == 0)
        return 0;
    offsets[0] = capacity_of(block_bytes) * INDEX_BYTES;
    return 1;
}

/* A copy made entry by entry doubles from HT_MIN_SIZE on, when it is full. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live);
    return capacity < 8 ? 8 : capacity;
}

const struct layout layout_php_array = {
    .name = "PHP array (zend_array)",
    .kind = DUMP_KIND_COMPACT,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks, nor does a copy by assignment",
    .recreate = "$n = []; foreach ($a as $k => $v) { $n[$k] = $v; } $a = $n;",
    .source =
        "PHP 8.2, Zend/zend_types.h: zend_array, Bucket; Zend/zend_hash.c: zend_hash_do_resize",
    .handles = handles,
};
