/*
 * The arrays that each function, and each call stack, allocated last: one of them is what a new
 * array is going to replace. Hints only, in registry->by_caller.
 */
#ifndef HASHTRACK_GROWTH_CALLERS_H
#define HASHTRACK_GROWTH_CALLERS_H

#include "registry.h"

#define GROWTH_LEAST_EXPECTED 2048u /* bytes: smaller arrays are not worth the fingerprint */

#define GROWTH_ANY_SIZE 0 /* in the place of a size: the last array of a function, */
#define GROWTH_OF_SITE  1 /* or of a call stack */

/* Index in registry->by_caller of the last array that the function at `frame_top` allocated in that
 * size; of any size, that the thread of that number did by it. */
uint32_t growth_caller_place(uint32_t frame_top, uint64_t bytes, uint32_t thread);

/* Of the last array of that call stack. */
uint32_t growth_site_place(uint32_t site);

/* Whether the hint's array, which is put into *old, is one that the array may replace: by the same
 * function, of that many bytes or, where only a function or a call stack is given, of any size that
 * growing gives. */
bool growth_may_replace(struct registry *registry, const struct array_record *array,
                        const struct table_array *hint, uint64_t bytes, struct array_record *old);

/* Visits what the array may replace: the last one of half (or a quarter of) the size that the same
 * function allocated; else the call stack's last one, or the function's. True when a visit was the
 * last that is needed. */
bool growth_each_predecessor(struct registry *registry, const struct array_record *array,
                             bool (*visit)(void *context, const struct table_array *hint,
                                           const struct array_record *old),
                             void *context);

/* Puts the array that was allocated where it is found again. */
void growth_callers_note(struct registry *registry, uint32_t index,
                         const struct array_record *array);

#endif
