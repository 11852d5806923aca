/*
 * Which growths of small arrays are studied. What a study teaches, how an unknown table's slots
 * look, costs a tenth of a millisecond for a small one: too much for each of twenty thousand, but
 * one call stack's are all alike (snapshot_alike.c).
 */
#ifndef HASHTRACK_SMALL_STUDIES_H
#define HASHTRACK_SMALL_STUDIES_H

#include "registry.h"

#define SMALL_STUDIES      16u    /* of each call stack, and size */
#define SMALL_STUDIES_FREE 64u    /* of all, before a call stack has to be worth them: */
#define SMALL_STUDIES_FROM 65536u /* bytes that were seen growing there to that size */
#define SMALL_STUDIES_ALL  512u   /* of all: a compiler has twenty thousand call stacks */
#define SMALL_STUDY_LEAST  2048u  /* bytes: no snapshot reads what is smaller */

static inline bool small_studies_allow(struct registry *registry, const struct array_record *array)
{
    if (array->bytes < SMALL_STUDY_LEAST)
        return false;
    unsigned size = 63u - (unsigned)__builtin_clzll(array->bytes);
    struct look_rate *rate = look_rate_of(registry->death_looks, array->site * 64u + size);
    unsigned grown = atomic_fetch_add_explicit(&rate->studies, 1, memory_order_relaxed);
    unsigned all = atomic_load_explicit(&registry->small_studies, memory_order_relaxed);
    /* A few small tables save nothing that a report would name. */
    unsigned first = all < SMALL_STUDIES_FREE ? 0 : SMALL_STUDIES_FROM >> size;
    if (all >= SMALL_STUDIES_ALL || grown < first || grown >= first + SMALL_STUDIES)
        return false;
    atomic_fetch_add_explicit(&registry->small_studies, 1, memory_order_relaxed);
    return true;
}

#endif
