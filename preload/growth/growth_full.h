/*
 * Whether an array is full, as a vector is and a hash table never: of words here and there none is
 * zero or all ones and no two are the same. And whether nothing is in it. Reads the array only; no
 * state, under no lock.
 */
#ifndef HASHTRACK_GROWTH_FULL_H
#define HASHTRACK_GROWTH_FULL_H

#include "registry.h"
#include "scratch.h"

/* Not where all words are addresses: the heads of long chains are, too. */
bool growth_is_full(struct scratch *scratch, const struct array_record *array);

/* The same, or all words are addresses. */
bool growth_is_full_of_any(struct scratch *scratch, const struct array_record *array);

/* Whether an array whose table is unknown, and has no other, is as full as that: a vector that is
 * put in another order now and then has looked like a table. To be asked of one that was copied. */
bool growth_is_vector(struct registry *registry, struct scratch *scratch,
                      const struct array_record *old);

/* Whether the same word stands everywhere in the array: in all of it, not here and there. */
bool growth_is_of_one_word(struct scratch *scratch, const struct array_record *array);

#endif
