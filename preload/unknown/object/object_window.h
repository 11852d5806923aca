/*
 * What lies around a pointer to an array: the object that has the pointer, of unknown size.
 */
#ifndef HASHTRACK_OBJECT_WINDOW_H
#define HASHTRACK_OBJECT_WINDOW_H

#include "forget.h"
#include "layouts/words.h"
#include "page.h"
#include "reader.h"

/* Bytes that are looked at before and behind the pointer. A stack frame holds spilled copies of all
 * the numbers that a growth works with, so there an object must begin before its pointer, and end
 * soon. */
#define OBJECT_REACH       128u
#define OBJECT_STACK_REACH 96u
#define OBJECT_HOLDERS     8u /* places that may hold a pointer to the array, at most */

struct object_window {
    uint64_t place, start, end; /* addresses */
    unsigned char bytes[2 * OBJECT_REACH];
};

static inline void object_window_forget(struct object_window *window)
{
    forget(window->bytes, sizeof(window->bytes));
}

/* Reads from *start to *end, around the place. The object may end where readable memory does: then
 * only what is on the page of the place, and *start and *end say what that is. */
static inline bool object_bytes_read(const struct memory_reader *reader, uint64_t place,
                                     uint64_t *start, uint64_t *end, void *bytes)
{
    if (reader->read(reader, *start, bytes, *end - *start))
        return true;
    uint64_t page = place & ~(uint64_t)(PAGE_BYTES - 1);
    if (*start < page)
        *start = page;
    if (*end > page + PAGE_BYTES)
        *end = page + PAGE_BYTES;
    return *end > *start && reader->read(reader, *start, bytes, *end - *start);
}

/* Reads what place, start and end say, which are set. */
static inline bool object_window_read(const struct memory_reader *reader,
                                      struct object_window *window)
{
    if (window->end <= window->start || window->end - window->start > sizeof(window->bytes))
        return false;
    return object_bytes_read(reader, window->place, &window->start, &window->end, window->bytes);
}

/* Reads what is in reach of a place that is not on a stack. */
static inline bool object_window_read_around(const struct memory_reader *reader, uint64_t place,
                                             struct object_window *window)
{
    window->place = place;
    window->start = place - OBJECT_REACH;
    window->end = place + OBJECT_REACH;
    return object_window_read(reader, window);
}

static inline bool object_window_has(const struct object_window *window, uint64_t address)
{
    return address >= window->start && address < window->end && window->end - address >= 4;
}

/* Counts of 2^32 and more do not occur in memory that is looked at here: the lower half of an
 * 8-byte word stands for it. */
static inline uint32_t object_word_at(const struct object_window *window, uint64_t address)
{
    return word_u32(window->bytes, address - window->start);
}

#endif
