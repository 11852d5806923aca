/*
 * Keys of which the first word may be zero: edges from node 0, the first row of a matrix, a cell at
 * the edge of a grid.
 *
 * The first column that implies the others is taken for the one that tells which slots are in use,
 * by a piece of the array. An entry that has zero there is none of them, and of the few that are
 * missed the object's count is no longer the number of slots in use. But where entries have zero in
 * a column, the table cannot tell empty slots by it.
 */
#ifndef HASHTRACK_SLOT_ZEROS_H
#define HASHTRACK_SLOT_ZEROS_H

#include "layouts/layout.h"
#include "learnt.h"

/* Takes another column, or two beside each other, where some slots of the whole array, into which
 * entries have just been put, hold something but in the profile's column. */
void slot_zeros_avoid(const struct layout_view *view, const struct block *block,
                      struct slot_profile *profile);

#endif
