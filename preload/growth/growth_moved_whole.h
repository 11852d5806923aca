/*
 * An array whose contents were put into a larger one as they were, at one distance from where they
 * stood: what no hash table does that is put into a larger array.
 */
#ifndef HASHTRACK_GROWTH_MOVED_WHOLE_H
#define HASHTRACK_GROWTH_MOVED_WHOLE_H

#include "layouts/layout.h"

/* Whether nearly all that stands in the old block stands in the new one, as far from its end or
 * its beginning as the two ends of what is in use lie. However often its words are met elsewhere:
 * small numbers say nothing to a search for single ones. False when memory cannot be read. */
bool growth_moved_whole(const struct layout_view *view, const struct block *old,
                        const struct block *array);

#endif
