/*
 * What Thibaut Goetghebuer-Planchon's tables (namespace tsl) have in common: a vector of buckets, a
 * pointer to the first of them behind it, and load thresholds computed in float.
 */
#ifndef HASHTRACK_TSL_H
#define HASHTRACK_TSL_H

#include "layout.h"

#define TSL_BUCKETS_MIN 64

/* size_type(float(buckets) * factor) */
static inline uint64_t tsl_threshold(uint64_t buckets, float factor)
{
    float product = (float)buckets * factor;
    return product >= 0 && product < 1e18f ? (uint64_t)product : UINT64_MAX;
}

/* rehash(0): the power of two above ceil(float(size) / max_load_factor), none for no entry. */
static inline uint64_t tsl_rebuilt_capacity(uint64_t live, float max_load_factor)
{
    float exact = (float)live / max_load_factor;
    if (live == 0 || exact >= 1e18f)
        return live;
    uint64_t wanted = (uint64_t)exact;
    return next_power_of_two((float)wanted < exact ? wanted + 1 : wanted);
}

#endif
