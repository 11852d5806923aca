/*
 * Tcl_HashTable: chained, 4 buckets in the object itself, then four times as many at each growth.
 * The object repeats its size in several fields, and every entry points back at it.
 */
#include "chained.h"
#include "words.h"

/* struct Tcl_HashTable, tcl.h: the array's address, 4 buckets, then numbers. */
#define NUMBERS_OFFSET 40

struct numbers { /* Tcl 8 */
    uint32_t buckets, entries, rebuild_size, down_shift, mask;
};
struct wide_numbers { /* Tcl 9 */
    uint64_t buckets, entries, rebuild_size, mask;
};

#define ENTRY_NEXT  0
#define ENTRY_TABLE 8
#define ENTRY_BYTES 16

#define SMALL_TABLE        4u /* TCL_SMALL_HASH_TABLE: these buckets lie in the object */
#define REBUILD_MULTIPLIER 3u
#define SMALL_DOWN_SHIFT   28u
#define REBUILD_NEVER      INT32_MAX /* the table cannot grow any more */

/* union Block, tclThreadAlloc.c: in a Tcl with threads this stands before every block. */
#define THREAD_BLOCK_BYTES 16
#define THREAD_BLOCK_MAGIC 0xEF0000EFu /* u.s: two magic bytes, between them bucket and padding */
#define THREAD_BLOCK_FIXED 0xFF0000FFu

static bool is_capacity(uint64_t buckets)
{
    return is_power_of_two(buckets) && __builtin_ctzll(buckets) % 2 == 0;
}

static bool numbers_fit(const struct numbers *numbers, uint64_t buckets)
{
    unsigned shift = (unsigned)__builtin_ctzll(buckets) - (unsigned)__builtin_ctz(SMALL_TABLE);
    return numbers->buckets == buckets && numbers->mask == buckets - 1 &&
           numbers->down_shift == SMALL_DOWN_SHIFT - shift &&
           (numbers->rebuild_size == REBUILD_NEVER ||
            (numbers->rebuild_size == buckets * REBUILD_MULTIPLIER &&
             numbers->entries <= numbers->rebuild_size));
}

static bool wide_numbers_fit(const struct wide_numbers *numbers, uint64_t buckets)
{
    return numbers->buckets == buckets && numbers->mask == buckets - 1 &&
           numbers->rebuild_size == buckets * REBUILD_MULTIPLIER &&
           numbers->entries <= numbers->rebuild_size;
}

static bool read_object(const struct layout_view *view, uint64_t address, const struct block *array,
                        struct chained_table *table)
{
    struct wide_numbers wide;
    struct numbers narrow;
    if (!layout_read(view, address + NUMBERS_OFFSET, &wide, sizeof(wide)))
        return false;
    memcpy(&narrow, &wide, sizeof(narrow));
    table->capacity = array->bytes / 8;
    if (wide_numbers_fit(&wide, table->capacity)) {
        table->live = wide.entries;
        return true;
    }
    table->live = narrow.entries;
    return numbers_fit(&narrow, table->capacity);
}

static bool entry_fits(const struct chained_table *table, const unsigned char *entry,
                       uint64_t bucket)
{
    (void)bucket;
    return word_u64(entry, ENTRY_TABLE) == table->object;
}

static const struct chained_layout chained = {
    .array_offset = 0,
    .entry_bytes = ENTRY_BYTES,
    .next_offset = ENTRY_NEXT,
    .owner_offset = ENTRY_TABLE,
    .read_object = read_object,
    .entry_fits = entry_fits,
};

static bool has_thread_block(const struct layout_view *view, const struct block *block)
{
    return view->head_bytes >= THREAD_BLOCK_BYTES &&
           (word_u32(view->head, 0) & THREAD_BLOCK_FIXED) == THREAD_BLOCK_MAGIC &&
           word_u64(view->head, 8) == block->bytes - THREAD_BLOCK_BYTES;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (block->bytes % 8 != 0)
        return false;
    if (is_capacity(block->bytes / 8))
        return chained_recognise(view, block, 0, &chained, out);
    return is_capacity((block->bytes - THREAD_BLOCK_BYTES) / 8) && has_thread_block(view, block) &&
           chained_recognise(view, block, THREAD_BLOCK_BYTES, &chained, out);
}

static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    if (block_bytes % 8 != 0 || block_bytes < THREAD_BLOCK_BYTES + CHAINED_BUCKETS_MIN * 8 ||
        !is_capacity((block_bytes - THREAD_BLOCK_BYTES) / 8))
        return 0;
    offsets[0] = THREAD_BLOCK_BYTES;
    return 1;
}

/* What CreateHashEntry() and RebuildTable() come to when the entries are inserted one by one. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = SMALL_TABLE;
    while (live >= capacity * REBUILD_MULTIPLIER && capacity < 1ULL << 60)
        capacity *= 4;
    return capacity;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return capacity <= SMALL_TABLE ? 0 : capacity * 8;
}

const struct layout layout_tcl_hash = {
    .name = "Tcl_HashTable",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 3.0,
    .load_after_growth = 0.75,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "move the entries into a new Tcl_HashTable and Tcl_DeleteHashTable() this one; in "
                "Tcl: array set new [array get old]; array unset old",
    .source = "Tcl 8.6.13 and 9.0, generic/tcl.h and generic/tclHash.c: Tcl_HashTable, "
              "RebuildTable; "
              "generic/tclThreadAlloc.c: Block",
    .handles = handles,
};
