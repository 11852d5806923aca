/*
 * The words around a pointer to an unknown table's array: for matching them at growths
 * (table_header.c) and for reading them later (table_header_read.c).
 */
#ifndef HASHTRACK_TABLE_HEADER_WORDS_H
#define HASHTRACK_TABLE_HEADER_WORDS_H

#include "forget.h"
#include "layouts/words.h"
#include "object_window.h"
#include "table_header.h"

/* Bytes that are looked at before and behind the pointer. A stack frame holds spilled copies of all
 * the numbers that a growth works with, so there an object must begin before its pointer, and end
 * soon. */
#define HEADER_OBJECT_REACH 128u
#define HEADER_STACK_REACH  96u
#define HEADER_ARRAY_REACH  64u
#define HEADER_MOST_HOLDERS 8u /* places that may hold a pointer to the array */

struct header_window {
    uint64_t place;
    uint64_t start, end; /* addresses */
    unsigned char bytes[2 * HEADER_OBJECT_REACH];
    /* The same of the old array, where the header is in the array. */
    unsigned char outgrown[HEADER_ARRAY_REACH];
    bool has_outgrown;
};

static inline void header_window_forget(struct header_window *window)
{
    forget(window->bytes, sizeof(window->bytes));
    forget(window->outgrown, sizeof(window->outgrown));
}

static inline void header_window_bound(struct header_window *window, uint64_t place,
                                       enum header_kind kind, uint64_t object)
{
    uint64_t before = HEADER_OBJECT_REACH, behind = HEADER_OBJECT_REACH;
    window->place = place;
    window->has_outgrown = false;
    if (kind == HEADER_ON_STACK) {
        before = place - object;
        behind = HEADER_STACK_REACH - before;
    } else if (kind == HEADER_IN_ARRAY) {
        before = 0;
        behind = HEADER_ARRAY_REACH;
    }
    window->start = place - before;
    window->end = place + behind;
}

static inline bool header_window_read(const struct memory_reader *reader,
                                      struct header_window *window)
{
    if (window->end <= window->start || window->end - window->start > sizeof(window->bytes))
        return false;
    return object_window_read(reader, window->place, &window->start, &window->end, window->bytes);
}

static inline bool header_window_has(const struct header_window *window, uint64_t address)
{
    return address >= window->start && address < window->end && window->end - address >= 4;
}

/* Counts of 2^32 and more do not occur in memory that is looked at here: the lower half of an
 * 8-byte word stands for it. */
static inline uint32_t header_word_at(const struct header_window *window, uint64_t address)
{
    return word_u32(window->bytes, address - window->start);
}

static inline uint64_t header_address_of(const struct header_window *window, int16_t offset)
{
    return window->place + (uint64_t)(int64_t)offset;
}

/* Whether the word there names so many slots of the array. */
static inline bool header_names_capacity(const struct header_window *window, uint64_t at,
                                         enum header_capacity form, const struct block *array,
                                         uint64_t capacity)
{
    if (!header_window_has(window, at))
        return false;
    if (form == HEADER_CAPACITY_END)
        return header_window_has(window, at + 4) &&
               word_u64(window->bytes, at - window->start) == array->address + array->bytes;
    return header_word_at(window, at) == capacity - (form == HEADER_CAPACITY_MASK);
}

#endif
