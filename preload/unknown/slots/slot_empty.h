/*
 * What the words of empty slots hold, of slots of a size that is only supposed. No state, no lock.
 */
#ifndef HASHTRACK_SLOT_EMPTY_H
#define HASHTRACK_SLOT_EMPTY_H

#include <stdint.h>
#include <string.h>

#define LEAST_EMPTY 0.03 /* uthash, the fullest of all, grows at 0.96 (docs/design.md) */

/* A copy of a piece of the array, read in words of `unit` bytes, 4 or 8. */
struct slot_window {
    const unsigned char *memory;
    size_t bytes;
    uint32_t unit;
};

static inline uint64_t slot_column_at(const struct slot_window *window, size_t offset)
{
    uint64_t word = 0;
    memcpy(&word, window->memory + offset, window->unit);
    return word;
}

/* How often the column at `first`, every `slot` bytes, holds `value`. */
static inline uint32_t slot_count_value(const struct slot_window *window, size_t first, size_t slot,
                                        uint64_t value)
{
    uint32_t count = 0;
    for (size_t at = first; at + window->unit <= window->bytes; at += slot)
        count += slot_column_at(window, at) == value;
    return count;
}

/* What each column of the `slots` slots from `phase` on holds where the slot is empty, and how many
 * of the slots hold just that there. Returns how many do in all of them: empty slots. */
uint32_t slot_empty_find(const struct slot_window *window, size_t phase, size_t slot,
                         uint32_t slots, uint64_t *values, uint32_t *counts);

#endif
