/*
 * GLib's GHashTable: an array of 32-bit hashes (0 empty, 1 deleted) beside one of keys and one of
 * values. The hashes are the main array: most of them stand in the very slot that they name.
 */
#include "empty_stretch.h"
#include "layout.h"
#include "power_primes.h"
#include "words.h"

#define CAPACITY_MIN 64
#define LIVE_MIN     8
#define LIVE_TO_TELL 1024u
#define OWNERS_MAX   8
#define HASH_EMPTY   0
#define HASH_DELETED 1
#define COMPARED_SLOTS                                                                             \
    64 /* of keys or values, when only nearness suggests that they belong here                     \
        */

/* GHashTable, glib/ghash.c: offsets of its fields. */
#define TABLE_SIZE     0  /* gsize */
#define TABLE_NODES    16 /* guint nnodes: live */
#define TABLE_OCCUPIED 20 /* guint noccupied: live and deleted */
#define TABLE_KEYS     32
#define TABLE_HASHES   40
#define TABLE_VALUES   48 /* == keys for a set */
#define TABLE_BYTES    56

struct hash_counts {
    uint32_t prime;
    uint64_t empty_limit;
    uint64_t live, deleted, at_home;
};

static bool count_hashes(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct hash_counts *counts = context;
    if (counts->live + counts->deleted == 0 && offset >= counts->empty_limit)
        return false;
    for (size_t at = 0; at < bytes; at += 4) {
        uint32_t hash = word_u32(piece, at);
        if (hash == HASH_EMPTY)
            continue;
        if (hash == HASH_DELETED) {
            counts->deleted++;
            continue;
        }
        counts->live++;
        /* g_hash_table_hash_to_index() */
        if ((uint32_t)(hash * 11) % counts->prime == (offset + at) / 4)
            counts->at_home++;
    }
    /* Of so many entries no part of a table has so few at home: this is other memory. */
    return counts->live < LIVE_TO_TELL || counts->at_home >= counts->live / 6;
}

/* 62 to 74 % of the entries were at home in tables just before a growth. */
static bool enough_at_home(const struct hash_counts *counts)
{
    return counts->at_home >= counts->live / 3;
}

/* The GHashTable that calls the block its hashes, and counts as many as are there unless `counts`
 * is NULL: on a stack may be a copy from before. */
static uint64_t find_table(const struct layout_view *view, const struct block *block,
                           const struct hash_counts *counts, unsigned char *table)
{
    for (unsigned nth = 0; view->blocks != NULL && nth < OWNERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (holder == 0)
            return 0;
        if (layout_read(view, holder - TABLE_HASHES, table, TABLE_BYTES) &&
            word_u64(table, TABLE_SIZE) == block->bytes / 4 &&
            word_u64(table, TABLE_HASHES) == block->address &&
            (counts == NULL || (word_u32(table, TABLE_NODES) == counts->live &&
                                word_u32(table, TABLE_OCCUPIED) == counts->live + counts->deleted)))
            return holder - TABLE_HASHES;
    }
    return 0;
}

/* Keys that are small integers hashed by g_direct_hash() equal their hashes: whoever points at them
 * knows which array is which. */
static bool belongs_to_other_hashes(const struct layout_view *view, const struct block *block)
{
    static const unsigned offsets[] = {TABLE_KEYS, TABLE_VALUES};
    if (view->blocks == NULL)
        return false;
    for (unsigned nth = 0; nth < OWNERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (holder == 0)
            return false;
        for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
            unsigned char table[TABLE_BYTES];
            struct block hashes;
            if (layout_read(view, holder - offsets[i], table, sizeof(table)) &&
                word_u64(table, TABLE_SIZE) == block->bytes / 4 &&
                word_u64(table, TABLE_HASHES) != block->address &&
                view->blocks->find(view->blocks, word_u64(table, TABLE_HASHES), &hashes) &&
                hashes.bytes == block->bytes)
                return true;
        }
    }
    return false;
}

static void add_array(struct table_reading *out, const struct block *array, enum dump_role role)
{
    if (out->array_count < LAYOUT_MAX_ARRAYS)
        out->arrays[out->array_count++] = (struct layout_array){array->address, array->bytes, role};
}

/* keys and values take 4 bytes a slot while every one of them fits, else 8. */
static bool is_column(const struct block *candidate, uint64_t capacity)
{
    return candidate->bytes == capacity * 4 || candidate->bytes == capacity * 8;
}

static void add_columns_of_table(const struct layout_view *view, const unsigned char *table,
                                 uint64_t capacity, struct table_reading *out)
{
    uint64_t keys = word_u64(table, TABLE_KEYS), values = word_u64(table, TABLE_VALUES);
    struct block found;
    if (view->blocks->find(view->blocks, keys, &found) && is_column(&found, capacity))
        add_array(out, &found, DUMP_ROLE_KEYS);
    if (values != keys && view->blocks->find(view->blocks, values, &found) &&
        is_column(&found, capacity))
        add_array(out, &found, DUMP_ROLE_VALUES);
}

struct column_search {
    const struct layout_view *view;
    const struct block *hashes;
    struct table_reading *out;
};

/* A column that belongs to these hashes holds zeros wherever a hash is empty or deleted. */
static bool column_agrees(const struct column_search *search, const struct block *column)
{
    uint64_t capacity = search->hashes->bytes / 4;
    uint64_t width = column->bytes / capacity;
    unsigned char cells[COMPARED_SLOTS * 8];
    uint64_t slots = capacity < COMPARED_SLOTS ? capacity : COMPARED_SLOTS;
    uint64_t both = 0;
    if (!layout_read(search->view, column->address, cells, slots * width))
        return false;
    for (uint64_t slot = 0; slot < slots; slot++) {
        bool used = width == 8 ? word_u64(cells, slot * 8) != 0 : word_u32(cells, slot * 4) != 0;
        if (used && word_u32(search->view->head, slot * 4) <= HASH_DELETED)
            return false;
        both += used;
    }
    return both > 0;
}

static bool visit_neighbour(const struct block *neighbour, void *context)
{
    struct column_search *search = context;
    if (is_column(neighbour, search->hashes->bytes / 4) && column_agrees(search, neighbour))
        add_array(search->out, neighbour,
                  search->out->array_count == 1 ? DUMP_ROLE_KEYS : DUMP_ROLE_VALUES);
    return search->out->array_count < 3;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t capacity = block->bytes / 4;
    if (block->bytes % 4 != 0 || !is_power_of_two(capacity) || capacity < CAPACITY_MIN ||
        capacity > 1ULL << 31)
        return false;
    uint32_t prime = power_primes[__builtin_ctzll(capacity)];
    struct hash_counts counts = {.prime = prime, .empty_limit = UINT64_MAX};
    count_hashes(view->head, view->head_bytes / 4 * 4, 0, &counts);
    if (counts.live >= LIVE_MIN && counts.at_home < counts.live / 5)
        return false;

    unsigned char table[TABLE_BYTES];
    uint64_t header = find_table(view, block, NULL, table);
    counts = (struct hash_counts){
        .prime = prime,
        .empty_limit = header != 0 ? UINT64_MAX : EMPTY_STRETCH_BYTES,
    };
    if (!layout_scan(view, block->address, block->bytes, 4, count_hashes, &counts))
        return false;
    if (header != 0)
        header = find_table(view, block, &counts, table);
    if (header == 0 && (counts.live < LIVE_MIN || !enough_at_home(&counts) ||
                        belongs_to_other_hashes(view, block)))
        return false;

    out->header = header;
    out->capacity = capacity;
    out->live = counts.live;
    out->tombstones = counts.deleted;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = header != 0 ? 1000000 : 970000;
    add_array(out, block, DUMP_ROLE_METADATA);
    if (header != 0) {
        add_columns_of_table(view, table, capacity, out);
    } else if (view->blocks != NULL) {
        struct column_search search = {.view = view, .hashes = block, .out = out};
        view->blocks->neighbours(view->blocks, block->address, visit_neighbour, &search);
    }
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < out->array_count; i++)
        bytes += out->arrays[i].bytes;
    out->slot_bytes = bytes / capacity;
    return true;
}

/* g_hash_table_maybe_resize() to g_hash_table_set_shift_from_size(1.333 * nodes): the power of two
 * above it, at least 8 (HASH_TABLE_MIN_SHIFT). */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two((uint64_t)((double)live * 1.333) + 1);
    return capacity < 8 ? 8 : capacity;
}

const struct layout layout_glib_hash = {
    .name = "GHashTable",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.9375,
    .load_after_growth = 0.46,
    .capacity_for = capacity_for,
    .shrinks_by_itself = true,
    .values_are_boxed = true,
    .on_erase = "shrinks when less than a quarter is used, except through GHashTableIter: then at "
                "the next insert into a fresh slot or removal",
    .shrink_call = "g_hash_table_foreach_remove (table, never, NULL); /* never() returns FALSE: it "
                   "removes nothing, and looks at the size */",
    .source = "GLib 2.74, glib/ghash.c: g_hash_table_maybe_resize, g_hash_table_hash_to_index",
};
