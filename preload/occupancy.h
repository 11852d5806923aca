/*
 * Reading a table whose implementation is not known: how its slots look is learnt when it grows,
 * and at a snapshot the slots that look occupied are counted.
 *
 * The count is an estimate that errs upwards only: stale bytes in deleted slots may be taken for
 * entries, never the reverse. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_OCCUPANCY_H
#define HASHTRACK_OCCUPANCY_H

#include "layouts/layout.h"
#include "registry.h"

/* Counts what the array holds, by the profile learnt at its growth. False when nothing can be said:
 * no profile, unreadable memory. */
bool occupancy_read(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, struct table_reading *out);

/* Whether slot n of one array is occupied where slot n of the other is: keys and values side by
 * side, not the two halves of a cuckoo table. */
bool occupancy_is_parallel(struct layout_view *view, const struct block *a, const struct block *b,
                           const struct slot_profile *profile);

#endif
