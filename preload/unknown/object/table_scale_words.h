/*
 * The words around a pointer to an array, and what one of them says as a capacity: for matching
 * them at growths (table_scale.c) and for reading them later (table_scale_read.c).
 */
#ifndef HASHTRACK_TABLE_SCALE_WORDS_H
#define HASHTRACK_TABLE_SCALE_WORDS_H

#include "object_window.h"
#include "table_scale.h"

/* Smaller arrays hold numbers that are met by chance. */
#define SCALE_LEAST_CAPACITY 64u
/* Slots are measured in eighths of a byte: a table may have a bit for each, and is a power of two
 * then. */
#define SCALE_EIGHTHS    8u
#define SCALE_LEAST_SLOT (2u * SCALE_EIGHTHS)
#define SCALE_MOST_SLOT  (512u * SCALE_EIGHTHS)
#define SCALE_MOST_REST  64u /* bytes of a header, of sentinels behind the last slot */
/* Of an array whose size the table's own allocator rounds up, where the slots are a power of two.
 */
#define SCALE_MOST_ROUNDED_SHARE 256u
#define SCALE_MOST_LOG2          40u
#define SCALE_MOST_A_SLOT        16u /* entries of a chain or of a bucket, at most */

static inline bool scale_window_read(const struct memory_reader *reader, uint64_t place,
                                     bool is_on_stack, uint64_t object,
                                     struct object_window *window)
{
    window->place = place;
    window->start = is_on_stack ? object : place - OBJECT_REACH;
    window->end = is_on_stack ? object + OBJECT_STACK_REACH : place + OBJECT_REACH;
    if (window->start > place || window->end < place + 8)
        return false;
    return object_window_read(reader, window);
}

static inline uint32_t scale_word_at(const struct object_window *window, int64_t offset)
{
    return object_word_at(window, window->place + (uint64_t)offset);
}

#define SCALE_POINTER_BITS 63u

static inline bool scale_is_mask_of_groups(enum scale_form form)
{
    return form == SCALE_GROUPS_OF_8_MASK || form == SCALE_GROUPS_OF_16_MASK;
}

static inline uint64_t scale_capacity_of(uint32_t word, enum scale_form form)
{
    if (form == SCALE_MASK)
        return (uint64_t)word + 1;
    if (form >= SCALE_GROUPS_OF_8 && form < SCALE_FORMS) {
        uint64_t groups = (uint64_t)word + scale_is_mask_of_groups(form);
        return groups * (form >= SCALE_GROUPS_OF_16 ? 16 : 8);
    }
    uint64_t log2 = word;
    if (form == SCALE_LOG2_IN_POINTER)
        log2 &= SCALE_POINTER_BITS;
    if (form == SCALE_SHIFT_OF_64 || form == SCALE_SHIFT_OF_32)
        log2 = (form == SCALE_SHIFT_OF_64 ? 64u : 32u) - (uint64_t)word; /* of more: no log2 */
    if (form >= SCALE_LOG2 && form <= SCALE_LOG2_IN_POINTER)
        return log2 <= SCALE_MOST_LOG2 ? 1ull << log2 : 0;
    return word;
}

/* Eighths of a byte for each of so many slots; 0 when they do not fill the array. */
static inline uint32_t scale_slot_of(uint64_t bytes, uint64_t capacity)
{
    if (capacity < SCALE_LEAST_CAPACITY || capacity > bytes)
        return 0;
    uint64_t slot = bytes / capacity * SCALE_EIGHTHS, rest = bytes % capacity,
             most_rest = SCALE_MOST_REST;
    if (is_power_of_two(capacity) && bytes / SCALE_MOST_ROUNDED_SHARE > SCALE_MOST_REST)
        most_rest = bytes / SCALE_MOST_ROUNDED_SHARE < PAGE_BYTES ? bytes / SCALE_MOST_ROUNDED_SHARE
                                                                  : PAGE_BYTES;
    if (rest > most_rest && is_power_of_two(capacity)) {
        slot = bytes * SCALE_EIGHTHS / capacity;
        rest = bytes - capacity * slot / SCALE_EIGHTHS;
    }
    if (slot < SCALE_LEAST_SLOT || slot > SCALE_MOST_SLOT || rest > most_rest)
        return 0;
    return (uint32_t)slot;
}

#endif
