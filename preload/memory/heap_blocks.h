/*
 * The heap block around a place: a tracked array, or a smaller block of glibc's malloc, which
 * nobody tracked. Only memory that is in use counts: freed blocks are full of old pointers.
 */
#ifndef HASHTRACK_HEAP_BLOCKS_H
#define HASHTRACK_HEAP_BLOCKS_H

#include "live_arrays.h"
#include "regions.h"

#define HEAP_BLOCKS_CHECKPOINTS 1024u

struct heap_blocks {
    const struct memory_reader *reader;
    const struct live_arrays *arrays;
    const struct regions *regions;
    bool is_glibc;
    unsigned char *scratch; /* LAYOUT_SCRATCH_BYTES, used by nobody else */
    /* The rest is kept between calls, zero at first. */
    uint64_t read_at; /* what lies in scratch */
    size_t read_bytes;
    uint64_t checkpoints[HEAP_BLOCKS_CHECKPOINTS]; /* chunks that were walked past */
    uint32_t checkpoint_count;
    uint64_t last_chunk; /* where the last walk ended: places are asked about in order, mostly */
    uint64_t bytes_read;
    uint64_t cached_mark; /* in the second word of freed blocks that a thread keeps for itself */
    bool is_mark_known;
};

struct heap_block {
    uint64_t address;
    uint64_t bytes; /* as requested, if `array` is set; else what the program may use at most */
    const struct live_array *array; /* NULL for a block that is not tracked */
};

/* False when the place is in no heap block that is known to be in use. */
bool heap_block_around(struct heap_blocks *blocks, uint64_t place, struct heap_block *out);

#endif
