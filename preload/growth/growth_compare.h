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

/* Whether what was found leaves no doubt. The two arrays of a cuckoo table each hold some words of
 * either predecessor: there the better of the two is to be found. */
static inline bool growth_is_decided(const struct comparison *comparison)
{
    return comparison->signature >= SIGNATURE_COPIED && comparison->found_ppm > 700000;
}

#endif
