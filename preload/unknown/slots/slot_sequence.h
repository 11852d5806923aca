/*
 * Whether the entries of an array are numbered by their slots, as keys in sequence are that a table
 * puts where they lead.
 *
 * A table whose entries stay together, and stay in their places when it grows, looks like a vector,
 * a heap or an array indexed by something else. Only such keys and a hash that keeps their order
 * make it so, and then each entry holds a number, or leads to one, that is one more than its
 * neighbour's. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_SLOT_SEQUENCE_H
#define HASHTRACK_SLOT_SEQUENCE_H

#include "layouts/layout.h"

#define SEQUENCE_WINDOW_BYTES 2048u

/* `window` has room for SEQUENCE_WINDOW_BYTES. */
bool slot_sequence_is_there(const struct memory_reader *reader, const struct block *array,
                            unsigned char *window);

/* Whether the array begins with records one behind another, no slot left empty, in the order of a
 * number of theirs: a vector that was sorted. Where nearly every step is the same they are keys in
 * sequence, and addresses may be of entries that were allocated in turn: a table has both so, too.
 * `window` has room for SORTED_WINDOW_BYTES. */
#define SORTED_WINDOW_BYTES 4104u

bool slot_sequence_is_sorted(const struct memory_reader *reader, const struct block *array,
                             unsigned char *window);

#endif
