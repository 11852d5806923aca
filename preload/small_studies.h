/*
 * Which growths of small arrays are studied. What a study teaches, how an unknown table's slots
 * look, costs a tenth of a millisecond for a small one: too much for each of twenty thousand, but
 * one call stack's are all alike (snapshot_alike.c).
 */
#ifndef HASHTRACK_SMALL_STUDIES_H
#define HASHTRACK_SMALL_STUDIES_H

#include "registry.h"

#define SMALL_STUDIES     16u   /* of each call stack, and size */
#define SMALL_STUDIES_ALL 512u  /* of all: a compiler has twenty thousand call stacks */
#define SMALL_STUDY_LEAST 2048u /* bytes: no snapshot reads what is smaller */

static inline bool small_studies_allow(struct registry *registry, const struct array_record *array)
{
    if (array->bytes < SMALL_STUDY_LEAST)
        return false;
    unsigned size = 63u - (unsigned)__builtin_clzll(array->bytes);
    struct look_rate *rate = look_rate_of(registry->death_looks, array->site * 64u + size);
    return atomic_fetch_add_explicit(&rate->studies, 1, memory_order_relaxed) < SMALL_STUDIES &&
           atomic_fetch_add_explicit(&registry->small_studies, 1, memory_order_relaxed) <
               SMALL_STUDIES_ALL;
}

#endif
