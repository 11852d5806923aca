/*
 * The contents of two arrays compared at the death of one: whether the other holds what it held,
 * and how that lies there (signature.h). Reads memory through the scratch's reader, holds no lock.
 */
#ifndef HASHTRACK_GROWTH_COMPARE_H
#define HASHTRACK_GROWTH_COMPARE_H

#include "scratch.h"
#include "signature.h"

/* Whether a layout knows one of the two arrays. */
bool growth_is_vouched_for(struct scratch *scratch, const struct array_record *old,
                           const struct array_record *array);

/* Compares with words of 8 bytes, then of 4; each alone, then with its neighbour. The first that
 * says something decides, but for arrays of 4-byte keys: half of the pairs of keys that make an
 * 8-byte word may move together, and then the single keys are found much more often. */
enum signature growth_compare(struct scratch *scratch, const struct array_record *old,
                              const struct array_record *array, struct comparison *comparison,
                              uint32_t *unit);

#endif
