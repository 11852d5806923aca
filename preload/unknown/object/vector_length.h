/*
 * Entries that a table keeps without a gap in an array of their own, and counts by where they end:
 * a C++ vector beside the pointer to the slots. And where slots end that are in a vector
 * themselves. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_VECTOR_LENGTH_H
#define HASHTRACK_VECTOR_LENGTH_H

#include "layouts/layout.h"

/* Whether an object that points at `array` also points at the beginning of another tracked block
 * and, in the next word, at the end of just so many elements in it. By chance one such pair in
 * `entries` would do. */
bool vector_length_is(const struct layout_view *view, const struct block *array, uint64_t entries);

/* How much of the block is in use, where it is a C++ vector's: an object points at its beginning,
 * at an end in its second half, and at its end. Slots that were resized to the next prime have room
 * behind them, for the vector doubles. 0: it is none, or all of it is. */
uint64_t vector_used_bytes(const struct layout_view *view, const struct block *array);

#endif
