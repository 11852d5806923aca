/*
 * Heads of lists with words beside them that are zero in all slots, as a lock is that nobody holds.
 * No state, no lock, no allocation.
 *
 * A poor hash leaves long runs of buckets in use, or empty, among which slots of any size seem to
 * fit, and then those of one word do. But one of so many words alone is ever used. Of a number of
 * words that is a power of two keys with steps between them leave single slots so, too: then only
 * heads are believed that are never zero, for empty lists lead to a node that ends them all.
 *
 * Taken for slots of one word, half of them were empty, and that node was the mark of the deleted:
 * of a full table of 116,361 entries, which a poor hash has in 19,525 lists, so many were said.
 */
#ifndef HASHTRACK_LOCKED_HEADS_H
#define HASHTRACK_LOCKED_HEADS_H

#include "layouts/layout.h"
#include "learnt.h"

/* Makes such heads out of slots of one word. `words` begin `start` bytes into the array, which is
 * as long or has PROFILE_WINDOW_BYTES of them; *phase is how far into them the first slot begins.
 * Nothing is changed where they are no such heads. */
void locked_heads_learn(const struct memory_reader *reader, const struct block *array,
                        uint64_t start, const unsigned char *words, struct slot_profile *out,
                        size_t *phase);

#endif
