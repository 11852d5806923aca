/*
 * The words around a pointer to an unknown table's array: for matching them at growths
 * (table_header.c) and for reading them later (table_header_read.c).
 */
#ifndef HASHTRACK_TABLE_HEADER_WORDS_H
#define HASHTRACK_TABLE_HEADER_WORDS_H

#include "object_window.h"
#include "table_header.h"

#define HEADER_ARRAY_REACH 64u /* from the beginning of an array, where the header is in it */

static inline void header_window_bound(struct object_window *window, uint64_t place,
                                       enum header_kind kind, uint64_t object)
{
    uint64_t before = OBJECT_REACH, behind = OBJECT_REACH;
    window->place = place;
    if (kind == HEADER_ON_STACK) {
        before = place - object;
        behind = OBJECT_STACK_REACH - before;
    } else if (kind == HEADER_IN_ARRAY) {
        before = 0;
        behind = HEADER_ARRAY_REACH;
    }
    window->start = place - before;
    window->end = place + behind;
}

static inline uint64_t header_address_of(const struct object_window *window, int16_t offset)
{
    return window->place + (uint64_t)(int64_t)offset;
}

#define HEADER_LINE_BYTES 64u /* to which a size is rounded up for aligned_alloc */

/* Whether the size may be one that was rounded up to a cache line. It need not begin a line where
 * malloc gave it: of 134,500 heads, of which an array of Pascal has the last one's number, 134,499
 * were said. */
static inline bool header_may_fill_lines(const struct block *array)
{
    return array->address % HEADER_LINE_BYTES == 0 && array->bytes % HEADER_LINE_BYTES == 0;
}

/* How many slots there are at least if the last one ends in the last line of so many bytes. */
static inline uint64_t header_least_in_lines(uint64_t bytes, uint64_t slot_bytes)
{
    return (bytes - HEADER_LINE_BYTES) / slot_bytes + 1;
}

/* Whether the address is where the array's slots end: less than a line may be idle behind them. */
static inline bool header_is_end(const struct block *array, uint64_t address)
{
    const uint64_t end = array->address + array->bytes;
    return address == end ||
           (header_may_fill_lines(array) && address < end && end - address < HEADER_LINE_BYTES);
}

/* Whether the word there names so many slots of the array. */
static inline bool header_names_capacity(const struct object_window *window, uint64_t at,
                                         enum header_capacity form, const struct block *array,
                                         uint64_t capacity)
{
    if (!object_window_has(window, at))
        return false;
    if (form == HEADER_CAPACITY_END)
        return object_window_has(window, at + 4) &&
               header_is_end(array, word_u64(window->bytes, at - window->start));
    return object_word_at(window, at) == capacity - (form == HEADER_CAPACITY_MASK);
}

#endif
