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
#include "learnt.h"

/* Counts what the array holds, by the profile learnt at its growth. `states` is the address of the
 * array with a byte for each slot, 0 where there is none. False when nothing can be said: no
 * profile, unreadable memory. */
bool occupancy_read(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, uint64_t states, struct table_reading *out);

/* Adds what a second array of the table holds to the reading of the first: the two arrays of a
 * cuckoo table are both slots. Keys and values side by side, where slot n of one is occupied when
 * slot n of the other is, are one slot: then nothing is added and the answer is false. */
bool occupancy_read_more(struct layout_view *view, const struct block *first,
                         const struct block *more, const struct slot_profile *profile,
                         struct table_reading *reading);

#endif
