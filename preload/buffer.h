/*
 * A growing array in memory of our own, for the few moments of a snapshot.
 *
 * Memory that is refused makes the append fail; the snapshot then says that it is incomplete.
 */
#ifndef HASHTRACK_BUFFER_H
#define HASHTRACK_BUFFER_H

#include <string.h>

#include "system.h"

struct buffer {
    char *memory;
    size_t used; /* bytes */
    size_t room;
};

static inline bool buffer_reserve(struct buffer *buffer, size_t bytes)
{
    if (buffer->room - buffer->used >= bytes)
        return true;
    size_t room = buffer->room ? buffer->room * 2 : 65536;
    while (room - buffer->used < bytes)
        room *= 2;
    long moved;
    if (buffer->memory)
        moved = system_call(SYS_mremap, buffer->memory, buffer->room, room, MREMAP_MAYMOVE);
    else
        moved = (long)system_map(room);
    if (moved == 0 || (moved < 0 && moved > -4096))
        return false;
    buffer->memory = (char *)moved;
    buffer->room = room;
    return true;
}

/* Appends a copy; the offset where it starts, or SIZE_MAX. */
static inline size_t buffer_append(struct buffer *buffer, const void *data, size_t bytes)
{
    if (!buffer_reserve(buffer, bytes))
        return SIZE_MAX;
    size_t at = buffer->used;
    memcpy(buffer->memory + at, data, bytes);
    buffer->used += bytes;
    return at;
}

static inline void buffer_free(struct buffer *buffer)
{
    system_unmap(buffer->memory, buffer->room);
    *buffer = (struct buffer){0};
}

#endif
