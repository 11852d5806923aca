/*
 * Chained tables of C libraries: an object holds the address of an array of pointers, each to the
 * first entry of a chain. What proves one is the same for all: the numbers in the object agree with
 * each other and with the array, the words of the array with the number of entries, and every entry
 * looked at belongs into the bucket that it was found in.
 */
#ifndef HASHTRACK_LAYOUT_CHAINED_H
#define HASHTRACK_LAYOUT_CHAINED_H

#include "layout.h"

#define CHAINED_BUCKETS_MIN 64
#define CHAINED_ENTRY_BYTES 32 /* of an entry, the most that is looked at */

/* What an object says of its table. */
struct chained_table {
    uint64_t object;
    uint64_t capacity;
    uint64_t live;
};

struct chained_layout {
    uint64_t array_offset; /* in the object: where it keeps the array's address */
    uint64_t entry_bytes;  /* to read of an entry */
    uint64_t next_offset;  /* in an entry */
    uint64_t owner_offset; /* in an entry, where every one points at the object; 0: none does */

    /* Whether the object at `address` is that of a table with this array; fills *table. */
    bool (*read_object)(const struct layout_view *view, uint64_t address, const struct block *array,
                        struct chained_table *table);
    /* Whether an entry may stand in a bucket. NULL: entries do not tell. */
    bool (*entry_fits)(const struct chained_table *table, const unsigned char *entry,
                       uint64_t bucket);
};

/* The array begins at `offset` of the block and ends with it or before. Fills *out. */
bool chained_recognise(struct layout_view *view, const struct block *block, uint64_t offset,
                       const struct chained_layout *layout, struct table_reading *out);

#endif
