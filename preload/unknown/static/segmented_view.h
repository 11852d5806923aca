/*
 * An array that lies in several blocks, one behind the other, seen as one: what asks where the
 * entries of an array are (static_rules.h) is then asked of a table in segments as of any other.
 * Reads nothing by itself: all goes through the reader of the view below. No state, no allocation.
 */
#ifndef HASHTRACK_SEGMENTED_VIEW_H
#define HASHTRACK_SEGMENTED_VIEW_H

#include "layouts/layout.h"

/* Where the whole seems to lie: no program's memory does, and no word of it is an address. */
#define SEGMENTED_BASE (1ull << 62)

struct segment {
    uint64_t start; /* in the whole */
    uint64_t address, bytes;
};

/* What points at the whole: the object that points at the block which holds the directory, or where
 * that is a member of the object, the directory's own ends. */
struct segmented_index {
    struct block_index index; /* first */
    const struct block_index *below;
    uint64_t directory; /* the block; 0: there is none, */
    uint64_t ends[2];   /* and where the directory's first and last word are */
};

struct segmented_view {
    struct memory_reader reader; /* first */
    const struct memory_reader *below;
    const struct segment *segments; /* in order; what lies between them and behind reads as zero */
    uint32_t count;
    uint64_t bytes; /* of the whole */
    struct segmented_index holders;
    struct layout_view view;
};

/* segments, count, bytes and holders.directory and .ends are set. Sets the rest; the whole may then
 * be looked at through whole->view as the block that is returned. */
struct block segmented_view_start(struct segmented_view *whole, const struct layout_view *below);

#endif
