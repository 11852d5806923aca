/*
 * Tables that nobody saw growing, whose object says how many slots there are and counts those in
 * use.
 *
 * Erasing may leave a slot as it was but for a state, a distance, a bit elsewhere; then most slots
 * that are not blank hold nothing, and of the entries that static_rules.c samples hardly any leads
 * to its slot. But the object that points at the array names its capacity, and so the slots' size,
 * and of all columns that nearly all slots have in common one tells just as many slots in use as
 * the object counts. Only these are asked where their keys lead: that is the proof, as everywhere.
 */
#ifndef HASHTRACK_COUNTED_SLOTS_H
#define HASHTRACK_COUNTED_SLOTS_H

#include "static_rules.h"

/* Whether the object that points at the array counts a small part of its slots as some column of
 * them does. Uses `pieces`, which keep what was found until counted_slots_read(). */
bool counted_slots_find(const struct layout_view *view, struct static_pieces *pieces,
                        const struct block *block);

/* Whether these slots are a hash table's; fills *out. */
bool counted_slots_read(struct static_pieces *pieces, struct static_reading *out);

#endif
