/*
 * Reading what lies around a pointer to an array: the object that has the pointer, of unknown size.
 */
#ifndef HASHTRACK_OBJECT_WINDOW_H
#define HASHTRACK_OBJECT_WINDOW_H

#include "page.h"
#include "reader.h"

/* Reads from *start to *end, around the place. The object may end where readable memory does: then
 * only what is on the page of the place, and *start and *end say what that is. */
static inline bool object_window_read(const struct memory_reader *reader, uint64_t place,
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

#endif
