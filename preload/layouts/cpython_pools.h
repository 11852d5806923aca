/*
 * CPython's arenas: what its allocator maps for objects of up to 512 bytes. They are no tables, and
 * hold objects of all sizes, freed ones among them, so that each way of reading an unknown table is
 * tried on them in vain.
 */
#ifndef HASHTRACK_CPYTHON_POOLS_H
#define HASHTRACK_CPYTHON_POOLS_H

#include "layout.h"

/* Whether the block is such an arena, by the headers of its first pools. */
bool cpython_pools_fill(const struct layout_view *view, const struct block *block);

#endif
