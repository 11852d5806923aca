/*
 * Entries that a table keeps without a gap in an array of their own, and counts by where they end:
 * a C++ vector beside the pointer to the slots. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_VECTOR_LENGTH_H
#define HASHTRACK_VECTOR_LENGTH_H

#include "layouts/layout.h"

/* Whether an object that points at `array` also points at the beginning of another tracked block
 * and, in the next word, at the end of just so many elements in it. By chance one such pair in
 * `entries` would do. */
bool vector_length_is(const struct layout_view *view, const struct block *array, uint64_t entries);

#endif
