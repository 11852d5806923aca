/*
 * Unknown tables that were never seen growing, as their arrays are freed: made at the start for all
 * entries, as a local of main() or what it owns, they are gone before the last snapshot.
 *
 * Runs inside the tracker, under no lock, while the array is still there.
 */
#ifndef HASHTRACK_GROWTH_UNSEEN_H
#define HASHTRACK_GROWTH_UNSEEN_H

#include "registry.h"
#include "scratch.h"

/* Whether the array is a table's by where its entries lie (static_rules.h); fills *out. Only arrays
 * are looked at that lived for half of the run or longer, for a small part of its time, and in the
 * first thread alone. */
bool growth_read_unseen(struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, struct table_reading *out);

#endif
