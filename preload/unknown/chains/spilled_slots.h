/*
 * Slots that are the first entries of chains: an entry and a link, which leads to the other entries
 * of its bucket, each in a block of its own that is laid out as a slot is.
 *
 * The slots in use are the buckets in use then, not the entries, and the object may count both.
 * What tells such a link from a value that points somewhere: it is nothing in empty slots and in
 * many of those in use, and the blocks behind it are as large as a slot, hold an entry, and a link
 * again. Works through a memory reader; no state, no lock.
 *
 * chain_forms_learn_inline learns such slots at a growth, where it shows how large they are. These
 * are read at a snapshot, where it did not, as of an entry and a link that each passed for a slot:
 * so the object must count. Neither does the other's work: without this 96,302 of 150,000 entries
 * are said of spilled_buckets in the tests, without that 74,466 of 110,000 of first_entry_in_slot.
 */
#ifndef HASHTRACK_SPILLED_SLOTS_H
#define HASHTRACK_SPILLED_SLOTS_H

#include "layouts/layout.h"
#include "registry.h"

/* Whether the slots, of which `reading` says how many are in use, are such, and the object counts
 * as many entries as there are slots in use and linked ones, beside a count of these slots: sets
 * the reading to that count. Uses the view's scratch. */
bool spilled_slots_read(const struct layout_view *view, const struct block *block,
                        const struct slot_profile *profile, struct table_reading *reading);

#endif
