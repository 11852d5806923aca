/*
 * Where words were compared by their halves, the lower ones of addresses differ from slot to slot,
 * and the upper ones do not: the column is of addresses all the same, and may lead to chains or to
 * vectors.
 */
#ifndef HASHTRACK_SLOT_ADDRESSES_H
#define HASHTRACK_SLOT_ADDRESSES_H

#include "layouts/layout.h"
#include "learnt.h"

/* Makes the profile's column one of eight bytes, where all of these are addresses, or zero. */
void slot_addresses_widen(const struct layout_view *view, const struct block *block,
                          struct slot_profile *profile);

#endif
