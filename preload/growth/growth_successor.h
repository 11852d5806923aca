/*
 * Which of the arrays that a thread got last replaced the one that it is freeing, and whether that
 * was a table growing.
 */
#ifndef HASHTRACK_GROWTH_SUCCESSOR_H
#define HASHTRACK_GROWTH_SUCCESSOR_H

#include "growth_candidates.h"
#include "registry.h"
#include "scratch.h"
#include "signature.h"

/* Whether the array replaced the old one as a table's array does. A dict keeps its entries in order
 * of insertion and copies them like a vector, a set of small integers keeps their places; their
 * layouts tell. Some tables' objects name the new array by then and vouch for that one only. */
bool growth_is_rehash(struct registry *registry, struct scratch *scratch,
                      const struct array_record *old, const struct array_record *array,
                      const struct comparison *comparison);

/* Links the array to the one that replaced it, if that was a rehash. False where it was none.
 * *is_spread_out, left alone where nothing was compared: one holds what it did in sorted order. */
bool growth_find_successor(struct registry *registry, struct scratch *scratch,
                           const struct array_record *old, const struct candidates *candidates,
                           bool *is_spread_out);

#endif
