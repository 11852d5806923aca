/*
 * Robin-hood arrays whose slots keep how far from home their entry lies: a proof and a count where
 * no object can be asked, which is so while the program waits for a free.
 */
#ifndef HASHTRACK_DISTANCE_SCAN_H
#define HASHTRACK_DISTANCE_SCAN_H

#include "layout.h"

struct distances {
    uint32_t slot_bytes;
    uint32_t offset; /* of the distance in the slot: a signed number, below 0 where it is empty */
    uint32_t bytes;  /* 1 or 2 */
    int32_t most;
    uint32_t
        flag_offset; /* of a byte that is 0 in all slots but the last, where it is 1; 0: none */

    uint64_t live; /* found */
    int32_t previous;
};

/* Whether [address, address + bytes) is such an array: nobody lies further from home than one more
 * than the slot before, and there are at least 16 entries. */
bool distances_read(const struct layout_view *view, uint64_t address, uint64_t bytes,
                    struct distances *distances);

/* The same of an array whose object was found: it may hold fewer entries, or none. */
bool distances_count(const struct layout_view *view, uint64_t address, uint64_t bytes,
                     struct distances *distances);

#endif
