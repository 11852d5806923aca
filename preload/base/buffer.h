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
 * handed out once, so that they are zero as fresh memory is. Larger ones are there after
 * buffer_nest_map(). For one thread. */
#define BUFFER_FIRST_BYTES  2048u
#define BUFFER_NEST_PIECES  40u
#define BUFFER_LARGER_BYTES 61440u
#define BUFFER_NEST_LARGER  10u
#define BUFFER_MAPPED_BYTES 65536u

struct buffer_nest {
    uint32_t used, larger_used;
    char *larger; /* NULL: not mapped */
    _Alignas(16) char pieces[BUFFER_NEST_PIECES][BUFFER_FIRST_BYTES];
};

#define BUFFER_ALL_LARGER ((size_t)BUFFER_NEST_LARGER * BUFFER_LARGER_BYTES)

/* Where memory is refused there are no larger pieces. */
static inline void buffer_nest_map(struct buffer_nest *nest)
{
    nest->larger = (char *)system_map(BUFFER_ALL_LARGER);
}

/* After the buffers that began in it. */
static inline void buffer_nest_free(struct buffer_nest *nest)
{
    system_unmap(nest->larger, BUFFER_ALL_LARGER);
    nest->larger = NULL;
}

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
        own_mappings_remove(buffer->memory);
        own_mappings_add((void *)moved, room);
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

/* A piece of the nest, if that has one that is large enough. */
static inline bool buffer_settle(struct buffer *buffer, size_t bytes)
{
    struct buffer_nest *nest = buffer->nest;
    if (!nest)
        return false;
    if (buffer->room == 0 && bytes <= BUFFER_FIRST_BYTES && nest->used < BUFFER_NEST_PIECES) {
        buffer->memory = nest->pieces[nest->used++];
        buffer->room = BUFFER_FIRST_BYTES;
        return true;
    }
    if (buffer->room > BUFFER_FIRST_BYTES || bytes > BUFFER_LARGER_BYTES - buffer->used ||
        !nest->larger || nest->larger_used == BUFFER_NEST_LARGER)
        return false;
    char *memory = nest->larger + (size_t)nest->larger_used++ * BUFFER_LARGER_BYTES;
    if (buffer->used > 0)
        memcpy(memory, buffer->memory, buffer->used);
    buffer->memory = memory;
    buffer->room = BUFFER_LARGER_BYTES;
    return true;
}

static inline bool buffer_reserve(struct buffer *buffer, size_t bytes)
{
    if (buffer->room - buffer->used >= bytes || buffer_settle(buffer, bytes))
        return true;
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
