/*
 * A table that goes because another of the kind holds its entries by now: `map(map).swap(map)`
 * destroys the large array of what it has just made small.
 *
 * Runs inside the tracker, under no lock, while the old array is still there.
 */
#ifndef HASHTRACK_GROWTH_ELSEWHERE_H
#define HASHTRACK_GROWTH_ELSEWHERE_H

#include "registry.h"
#include "scratch.h"

enum elsewhere {
    ELSEWHERE_NO,
    ELSEWHERE_YES,
    ELSEWHERE_UNKNOWN, /* where the numbers stand in the object cannot be told */
};

/* Whether the thread has an object at hand that is like the one at `reading->header`, and counts as
 * many entries in no more slots elsewhere. Takes 0.1 ms and more. */
enum elsewhere growth_elsewhere(const struct registry *registry, struct scratch *scratch,
                                const struct array_record *array,
                                const struct table_reading *reading);

#endif
