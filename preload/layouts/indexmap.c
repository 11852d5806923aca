/*
 * Rust's IndexMap and IndexSet (crate indexmap): the entries lie one after the other in a Vec, and
 * a hashbrown table holds their places. The Vec stands beside the table's object and has as many
 * entries as the table; the places are the numbers below that, each once.
 */
#include "hashbrown_table.h"

#define TABLE_OBJECT_BYTES 32 /* RawTableInner */
#define VEC_WORDS          3
#define BUCKET_MIN         16 /* Bucket {hash, key, value} */

/* A Vec is a pointer, a capacity and a length, in the order that rustc prefers. */
static bool vec_fits(const struct layout_view *view, uint64_t address,
                     const struct hashbrown_table *table, struct block *entries)
{
    uint64_t words[VEC_WORDS];
    if (!layout_read(view, address, words, sizeof(words)))
        return false;
    for (unsigned pointer = 0; pointer < VEC_WORDS; pointer++) {
        uint64_t first = words[(pointer + 1) % VEC_WORDS],
                 second = words[(pointer + 2) % VEC_WORDS];
        uint64_t length = first < second ? first : second;
        uint64_t capacity = first < second ? second : first;
        /* reserve_entries(): room for as many entries as for their places, and no more. An empty
         * map has nothing else to vouch for it. */
        uint64_t limit = hashbrown_entries_limit(table->capacity);
        if (length != table->live || capacity == 0 || capacity > limit ||
            (length == 0 && capacity < limit / 2) ||
            !view->blocks->find(view->blocks, words[pointer], entries))
            continue;
        if (entries->bytes % capacity == 0 && entries->bytes / capacity >= BUCKET_MIN)
            return true;
    }
    return false;
}

struct entries_search {
    const struct hashbrown_table *table;
    struct block entries;
    uint64_t object;
};

/* IndexMapCore has the table and the Vec in the order that rustc prefers. */
static bool has_entries(const struct layout_view *view, uint64_t header, void *context)
{
    struct entries_search *search = context;
    search->object = header;
    if (vec_fits(view, header + TABLE_OBJECT_BYTES, search->table, &search->entries))
        return true;
    search->object = header - VEC_WORDS * 8;
    return header >= VEC_WORDS * 8 &&
           vec_fits(view, search->object, search->table, &search->entries);
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct hashbrown_table table;
    struct entries_search search = {.table = &table};
    if (view->blocks == NULL || !hashbrown_table_read(view, block, &table) || table.header == 0 ||
        table.slot_bytes != 8 || hashbrown_table_object(view, &table, has_entries, &search) == 0)
        return false;
    const struct block entries = search.entries;
    if (table.live > 0 && !hashbrown_slots_are_indexes(view, block, &table))
        return false;
    out->header = search.object;
    out->capacity = table.capacity;
    out->live = table.live;
    out->tombstones = table.tombstones;
    out->slot_bytes = (block->bytes + entries.bytes) / table.capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = table.live > 0 ? 1000000 : 950000;
    out->array_count = 2;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    out->arrays[1] = (struct layout_array){entries.address, entries.bytes, DUMP_ROLE_ENTRIES};
    return true;
}

const struct layout layout_indexmap = {
    .name = "Rust IndexMap",
    .kind = DUMP_KIND_COMPACT,
    .recognise = recognise,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .capacity_for = hashbrown_capacity_for,
    .on_erase = "never shrinks",
    .shrink_call = "map.shrink_to_fit();",
    .source = "indexmap 1.9 and 2.14: IndexMapCore; hashbrown 0.12-0.17, src/raw/mod.rs",
};
