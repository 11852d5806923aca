/*
 * The hash_table of GCC's own sources, under its hash_map and hash_set, where they do not lie in
 * garbage-collected memory. What the slots hold, each descriptor decides; the object proves the
 * table: its size is the prime at the index that it also keeps, and the block is that many slots.
 */
#include "layout.h"
#include "object.h"

#define SLOTS_MIN      64
#define SLOT_BYTES_MAX 4096

/* prime_tab[], gcc/hash-table.cc: the largest prime below each power of two, from 7 on. */
static const uint32_t primes[] = {
    7,         13,        31,        61,         127,        251,       509,      1021,
    2039,      4093,      8191,      16381,      32749,      65521,     131071,   262139,
    524287,    1048573,   2097143,   4194301,    8388593,    16777213,  33554393, 67108859,
    134217689, 268435399, 536870909, 1073741789, 2147483647, 4294967291};
#define PRIMES (sizeof(primes) / sizeof(primes[0]))

/* class hash_table, gcc/hash-table.h. */
struct hash_table {
    uint64_t entries;
    uint64_t size;
    uint64_t elements; /* deleted ones included */
    uint64_t deleted;
    uint32_t searches, collisions;
    uint32_t prime_index;
    uint8_t is_collected;       /* m_ggc: then the entries are no block of malloc's */
    uint8_t sanitizes_equality; /* m_sanitize_eq_and_hash, since GCC 9 */
};
#define TABLE_BYTES 46

struct search {
    const struct block *block;
    struct hash_table table;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct hash_table *table = &search->table;
    return layout_read(view, address, table, TABLE_BYTES) &&
           table->entries == search->block->address && table->prime_index < PRIMES &&
           table->size == primes[table->prime_index] && table->size >= SLOTS_MIN &&
           search->block->bytes % table->size == 0 &&
           search->block->bytes / table->size <= SLOT_BYTES_MAX &&
           table->deleted <= table->elements && table->elements * 4 <= table->size * 3 + 4 &&
           table->is_collected == 0 && table->sanitizes_equality <= 1;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block};
    /* Nobody's slots are an odd number of bytes, so the block is even though the prime is not. */
    if (view->blocks == NULL || block->bytes % 2 != 0)
        return false;
    uint64_t object = layout_object(view, block->address, 0, table_fits, &search);
    if (object == 0)
        return false;

    const struct hash_table *table = &search.table;
    out->header = object;
    out->capacity = table->size;
    out->live = table->elements - table->deleted;
    out->tombstones = table->deleted;
    out->slot_bytes = block->bytes / table->size;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* hash_table_higher_prime_index(2 * live), by expand() and by a constructor that is told so. */
static uint64_t capacity_for(uint64_t live)
{
    size_t index = 0;
    while (index + 1 < PRIMES && primes[index] < 2 * live)
        index++;
    return primes[index];
}

const struct layout layout_gcc_hash_table = {
    .name = "GCC hash_table",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.75,
    /* It becomes the prime above twice its entries: a quarter to a half full. */
    .load_after_growth = 0.375,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks, leaves deleted slots; a later insert or hash_table::traverse() "
                "shrinks it",
    .on_clear = "shrinks when above 1 MiB or less than an eighth full, else keeps the slots",
    .recreate = "hash_map<K, V> fresh (2 * m.elements ()); put () every entry, and swap the two; a "
                "plain hash_table shrinks in traverse () when less than an eighth full",
    .source =
        "GCC 12.2, gcc/hash-table.h: hash_table, expand, too_empty_p; hash-table.cc: prime_tab",
};
