/*
 * Two arrays of numbers of which each says where the other has what: a permutation and its inverse,
 * the order of a heap and the place of each of its members. Both are scattered anew when they get
 * larger, and half empty then, so that they look like an index of entries.
 *
 * Reads through the view; no state, no lock.
 */
#ifndef HASHTRACK_INVERSE_NUMBERS_H
#define HASHTRACK_INVERSE_NUMBERS_H

#include "layouts/layout.h"

/* Whether the arrays, of as many numbers of `width` bytes (4 or 8) each, counted from 0 or from 1,
 * are such. Uses the view's scratch. */
bool are_inverse_numbers(const struct layout_view *view, const struct block *one,
                         const struct block *other, uint32_t width);

#endif
