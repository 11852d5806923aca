/*
 * Tables that keep a bit, two bits, a byte or a hash for each slot, in the array's block or in one
 * beside it, and whose erasing changes nothing else: the slots keep their stale keys.
 *
 * Where these flags are is not known, nor which of their values a live slot has. But as many of
 * them have it as a word of the table's object, or of the block's own beginning, counts, at each
 * growth and now; and the number of slots stands beside that word. Two facts that say the same
 * again and again are proof enough, whatever the slots hold.
 */
#ifndef HASHTRACK_FLAG_REGIONS_H
#define HASHTRACK_FLAG_REGIONS_H

#include "layouts/layout.h"
#include "learnt.h"
#include "table_header.h"

/* Growths in a row at which the same flags were right, before they are believed. */
#define FLAG_GROWTHS_PROVE 2u
/* Looks that taught nothing, after which no more is taken. */
#define FLAG_MOST_LOOKS 3u

#define FLAG_FRONT_BYTES 64u

/* A growth that is just over; the array that was left is readable yet. */
struct flag_growth {
    struct block old, array;
    /* What stands in front of the slots: the capacity may, while the object counts. */
    unsigned char old_front[FLAG_FRONT_BYTES], front[FLAG_FRONT_BYTES];
    uint32_t array_sequence; /* low half */
};

/* Reads the fronts of both arrays, for all places that are asked about. */
void flag_regions_read_fronts(const struct memory_reader *reader, struct flag_growth *growth);

/* Whether the words around the place name a number of slots that both may have flags for and fill
 * the array that it points at: whether a search there is worth its time. */
bool flag_regions_are_likely(const struct memory_reader *reader, const struct header_place *place,
                             const struct flag_growth *growth);

/* Looks for flags that are counted by a word around the place. What `before` (NULL: the first
 * growth) knew is looked for alone. False when there are none. */
bool flag_regions_match(const struct layout_view *view, const struct header_place *place,
                        const struct flag_growth *growth, const struct flag_regions *before,
                        struct flag_regions *out);

/* Corrects what the slots showed by the number of slots and of live ones that the flags and the
 * object say both. False, and nothing changed,
 * when they were not learnt of this array, or do not agree any more. */
bool flag_regions_read(const struct layout_view *view, const struct block *array,
                       uint32_t array_sequence, const struct flag_regions *regions,
                       struct table_reading *reading);

#endif
