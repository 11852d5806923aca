/*
 * Buckets that are small vectors, read from a snapshot alone: in each slot nothing but a pointer to
 * a block of entries, how many there are (or where they end), and for how many there is room. A
 * bucket that was emptied keeps its block, so that its pointer says nothing; the lengths do.
 *
 * Which column is the length the table's object tells: it names the buckets, and has a word that is
 * just the sum of that column. Any other number of which there are never more in a bucket must be
 * room: else it would be the length, and what was found the number of deleted entries.
 *
 * This says how many entries there are, not that a hash put them there: the rows of a graph, whose
 * object counts its edges, look the same.
 */
#ifndef HASHTRACK_VECTOR_COUNTS_H
#define HASHTRACK_VECTOR_COUNTS_H

#include "layouts/layout.h"

/* Fills in capacity, live and the size of a slot. False when the slots are no vectors, or nothing
 * counts their entries. Uses the view's scratch. */
bool vector_counts_read(struct layout_view *view, const struct block *block,
                        struct table_reading *out);

#endif
