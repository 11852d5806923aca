/*
 * An index of pairs: the number of an entry that lies elsewhere, with the rest of its hash above
 * it, and the slot in which the chain goes on, which the last one leads to itself. A growth leaves
 * half of the pairs as they were, where they were, and makes others of the rest: it looks like a
 * vector's.
 *
 * Such an index tells itself. The numbers are those of as many entries as there are pairs, each
 * once; the bits above them are set in half of them each; the links lead from each pair to itself
 * or to one that no other leads to, and as many lead on as a hash makes meet.
 */
#ifndef HASHTRACK_HASHED_NUMBERS_H
#define HASHTRACK_HASHED_NUMBERS_H

#include "layouts/layout.h"

/* Reads the array as such an index, and finds the array of its entries, where the object that
 * points at the one points at the other and says for how many there is room. Uses the view's
 * scratch. */
bool hashed_numbers_read(const struct layout_view *view, const struct block *block,
                         struct table_reading *out);

#endif
