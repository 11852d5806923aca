/*
 * Counting the entries of an index whose numbers lead to the first ones of their buckets, the links
 * of the others being numbers, too. How many hang behind so many heads is estimated by what a good
 * hash would do; one that spreads its keys unevenly has more, and a table that is full looks half
 * empty. Where the entries lie without a gap the links tell themselves: from all heads they lead to
 * each entry, once.
 */
#ifndef HASHTRACK_NUMBERED_CHAINS_H
#define HASHTRACK_NUMBERED_CHAINS_H

#include "layouts/layout.h"

struct numbered_chains {
    struct block heads;
    uint32_t width; /* bytes of a number */
    uint64_t empty; /* what stands in the place of none */
    struct block entries;
    uint32_t item_bytes; /* of an entry */
    uint64_t numbers;    /* how many there may be */
};

/* Whether some field of the entries links just so many of them so. */
bool numbered_chains_are_there(const struct layout_view *view,
                               const struct numbered_chains *chains);

#endif
