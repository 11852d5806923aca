/*
 * hashbrown's RawTable, under Rust's HashMap and HashSet and under IndexMap: slots first, growing
 * downwards, then one control byte a slot and a copy of the first 16 of them.
 */
#ifndef HASHTRACK_LAYOUT_HASHBROWN_TABLE_H
#define HASHTRACK_LAYOUT_HASHBROWN_TABLE_H

#include "layout.h"

struct hashbrown_table {
    uint64_t header;   /* the object, 0 when it was not found */
    uint64_t controls; /* address */
    uint64_t capacity, live, tombstones;
    uint64_t slot_bytes; /* without the control byte */
};

/* Whether the block is the array of such a table. */
bool hashbrown_table_read(const struct layout_view *view, const struct block *block,
                          struct hashbrown_table *out);

/* The table's object that accept(view, object, context) takes, for an object may have left copies
 * of itself on a stack; 0 when there is none. */
uint64_t hashbrown_table_object(const struct layout_view *view, const struct hashbrown_table *table,
                                bool (*accept)(const struct layout_view *view, uint64_t object,
                                               void *context),
                                void *context);

unsigned hashbrown_table_handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES]);

/* Whether the slots, of 8 bytes, hold the numbers from 0 to live - 1 and nothing else: the places
 * of entries that lie elsewhere. */
bool hashbrown_slots_are_indexes(const struct layout_view *view, const struct block *block,
                                 const struct hashbrown_table *table);

/* Live and deleted slots before it grows. */
uint64_t hashbrown_entries_limit(uint64_t capacity);

/* What shrink_to_fit() leaves. */
uint64_t hashbrown_capacity_for(uint64_t live);

#endif
