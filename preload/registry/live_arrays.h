/*
 * A snapshot's copy of all live arrays, sorted by address: what the layouts look tables up in.
 */
#ifndef HASHTRACK_LIVE_ARRAYS_H
#define HASHTRACK_LIVE_ARRAYS_H

#include "buffer.h"
#include "layouts/layout.h"
#include "registry.h"

struct live_array {
    struct array_record record;
    uint32_t index;         /* in the registry */
    uint32_t table;         /* in the dump: DUMP_NONE, or the table it was given to */
    bool is_hardly_touched; /* when the snapshot began (snapshot_note_touched) */
    bool is_unknown;        /* its entries were asked, and say nothing (snapshot_static_tables) */
};

struct live_arrays {
    struct block_index blocks; /* first: a layout's index is a struct live_arrays */
    struct buffer buffer;
    struct live_array *arrays;
    uint32_t count;
    struct buffer order; /* uint32_t positions, by thread and sequence; made when first asked for */
    struct pointer_scan *pointers;
};

/* Copies the live arrays. False when memory was refused (some may be missing then). */
bool live_arrays_collect(struct live_arrays *arrays, struct registry *registry);

/* The array that begins at the address, or NULL. */
struct live_array *live_arrays_at(const struct live_arrays *arrays, uint64_t address);

/* The same, if it is of no table yet and none of these; else NULL. */
struct live_array *live_arrays_unclaimed_at(const struct live_arrays *arrays, uint64_t address,
                                            struct live_array *const *these, uint32_t count);

/* The last array that begins at or before the address, or NULL. */
struct live_array *live_arrays_before(const struct live_arrays *arrays, uint64_t address);

/* The same, if it reaches there. */
struct live_array *live_arrays_around(const struct live_arrays *arrays, uint64_t address);

void live_arrays_free(struct live_arrays *arrays);

#endif
