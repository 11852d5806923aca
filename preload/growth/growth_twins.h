/*
 * Tables that grow in one call, each out of an object of its own: a function that makes two maps
 * larger allocates the arrays of both before it frees the first, as a table of several arrays does.
 */
#ifndef HASHTRACK_GROWTH_TWINS_H
#define HASHTRACK_GROWTH_TWINS_H

#include "growth_object.h"

/* Whether the table, which has other arrays than those of this growth, has another object than
 * theirs: they are two tables. */
bool growth_twins_are_two(struct registry *registry, struct scratch *scratch, uint32_t table,
                          const struct growth_link *link, const struct study *study);

/* Whether both tables were told from each other by what stands in their arrays, or are known to
 * have an object each: what they count lies at the same distances from their pointers. */
bool growth_twins_known(struct registry *registry, uint32_t a, uint32_t b);

/* The same, or the arrays of both, by what stands in them, are the slots of two tables. */
bool growth_twins_are_apart(struct registry *registry, struct scratch *scratch, uint32_t a,
                            uint32_t b);

/* An array that was allocated together with the new one. */
struct grown_beside {
    uint32_t index;
    struct array_record array;
    bool is_doubtful; /* it may have come before this growth: the object must point at it */
};

/* Of the arrays that were allocated with the new one, leaves those that are not of a table beside
 * this one. Returns how many these are. */
uint32_t growth_twins_leave_own(struct registry *registry, struct scratch *scratch, uint32_t table,
                                const struct growth_link *link, const struct study *study,
                                struct grown_beside *beside, uint32_t count);

#endif
