/*
 * Rust's std::collections::HashMap and HashSet, and those of the crate hashbrown that they are made
 * of.
 */
#include "control_bytes.h"
#include "hashbrown_table.h"

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct hashbrown_table table;
    if (!hashbrown_table_read(view, block, &table))
        return false;
    /* Without the object, what may be the index of an IndexMap has no name: see indexmap.c. */
    if (table.header == 0 && hashbrown_slots_are_indexes(view, block, &table))
        return false;
    out->header = table.header;
    out->capacity = table.capacity;
    out->live = table.live;
    out->tombstones = table.tombstones;
    out->slot_bytes = table.slot_bytes + 1;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (table.header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = table.header != 0 ? 1000000 : 950000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    if (capacity == 0)
        return 0;
    /* now->slot_bytes counts the slot's control byte too. */
    return (now->slot_bytes - 1) * capacity + capacity + CONTROL_GROUP_BYTES;
}

const struct layout layout_hashbrown = {
    .name = "Rust HashMap (hashbrown)",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .marks_bytes = 1,
    .capacity_for = hashbrown_capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "map.shrink_to_fit();",
    .handles = hashbrown_table_handles,
    .source = "hashbrown 0.9-0.17, src/raw/mod.rs: TableLayout, RawTableInner; Rust 1.95 std",
};
