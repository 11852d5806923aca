/*
 * A growing array in memory of our own, for the few moments of a snapshot.
 *
 * Memory that is refused makes the append fail; the snapshot then says that it is incomplete.
 */
#ifndef HASHTRACK_BUFFER_H
#define HASHTRACK_BUFFER_H

#include <string.h>

#include "system.h"

/* Where many buffers begin together: most hold little, and a mapping of its own for each would be a
 * good part of what a snapshot of a small program costs. Valid when zero-initialised; pieces are
 * handed out once. For one thread. */
#define BUFFER_FIRST_BYTES  2048u
#define BUFFER_NEST_PIECES  24u
#define BUFFER_MAPPED_BYTES 65536u

struct buffer_nest {
    uint32_t used;
    _Alignas(16) char pieces[BUFFER_NEST_PIECES][BUFFER_FIRST_BYTES];
};

struct buffer {
    char *memory;
    size_t used; /* bytes */
    size_t room;
    struct buffer_nest *nest; /* where it begins; NULL: in a mapping of its own */
};

/* A mapping of its own is never smaller than BUFFER_MAPPED_BYTES. */
static inline bool buffer_is_mapped(const struct buffer *buffer)
{
    return buffer->room >= BUFFER_MAPPED_BYTES;
}

static inline bool buffer_move(struct buffer *buffer, size_t room)
{
    if (buffer_is_mapped(buffer)) {
        if (room > buffer->room && !address_space_allows(room - buffer->room))
            return false;
        long moved = system_call(SYS_mremap, buffer->memory, buffer->room, room, MREMAP_MAYMOVE);
        if (moved < 0 && moved > -4096)
            return false;
        buffer->memory = (char *)moved;
    } else {
        char *memory = (char *)system_map(room);
        if (!memory)
            return false;
        if (buffer->used > 0)
            memcpy(memory, buffer->memory, buffer->used);
        buffer->memory = memory;
    }
    buffer->room = room;
    return true;
}

static inline bool buffer_reserve(struct buffer *buffer, size_t bytes)
{
    struct buffer_nest *nest = buffer->nest;
    if (buffer->room - buffer->used >= bytes)
        return true;
    if (buffer->room == 0 && bytes <= BUFFER_FIRST_BYTES && nest &&
        nest->used < BUFFER_NEST_PIECES) {
        buffer->memory = nest->pieces[nest->used++];
        buffer->room = BUFFER_FIRST_BYTES;
        return true;
    }
    size_t room = buffer_is_mapped(buffer) ? buffer->room * 2 : BUFFER_MAPPED_BYTES;
    while (room - buffer->used < bytes)
        room *= 2;
    return buffer_move(buffer, room);
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
    if (buffer_is_mapped(buffer))
        system_unmap(buffer->memory, buffer->room);
    *buffer = (struct buffer){.nest = buffer->nest};
}

#endif
