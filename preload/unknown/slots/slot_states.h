/*
 * A byte for each slot, kept apart from the slots: states beside keys and values, or the control
 * bytes behind the slots of a swiss-like table.
 *
 * Right after a growth every occupied slot is live, so the bytes that stand at occupied slots are
 * those of live ones. Later a byte that never stood there marks a deleted slot, whatever stale key
 * is in it.
 */
#ifndef HASHTRACK_SLOT_STATES_H
#define HASHTRACK_SLOT_STATES_H

#include "layouts/layout.h"
#include "learnt.h"

/* Learns which bytes mark live slots: `states` is the address of one byte for each slot of the
 * array, whose slots `profile` describes. False when the bytes do not tell occupied from empty
 * slots. */
bool slot_states_learn(struct layout_view *view, const struct block *block, uint64_t states,
                       struct slot_profile *profile);

/* Counts live and deleted slots by their bytes. False when these are not states any more. */
/* Whether the bytes of live slots differ, as parts of hashes do: one value that stands in many
 * slots is then a mark, for slots that are used again get different ones. */
bool slot_states_are_hashes(const struct slot_profile *profile);

bool slot_states_count(struct layout_view *view, uint64_t states, uint64_t capacity,
                       const struct slot_profile *profile, uint64_t *live, uint64_t *deleted);

#endif
