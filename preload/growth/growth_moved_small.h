/*
 * A hollow table that was rebuilt so small that its new array is not tracked: its old array is
 * freed without a successor, as that of a table that is destroyed.
 *
 * Runs inside the tracker, under no lock, while the old array is still there.
 */
#ifndef HASHTRACK_GROWTH_MOVED_SMALL_H
#define HASHTRACK_GROWTH_MOVED_SMALL_H

#include "registry.h"
#include "scratch.h"

/* Whether an object that the thread has at hand counts as many entries as the array holds
 * (`reading`, by that layout or NULL), and points at a small block in which stands what stands in
 * the array. */
bool growth_moved_small(const struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, const struct layout *layout,
                        const struct table_reading *reading);

#endif
