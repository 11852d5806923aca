/*
 * The helpers of layout.h: reading words, scanning arrays in pieces, looking at the allocator's own
 * words before a small block. All of it goes through the view's reader.
 */
#include "layout.h"

#include <string.h>

bool layout_read(const struct layout_view *view, uint64_t address, void *into, size_t bytes)
{
    if (address + bytes < address)
        return false;
    return view->reader->read(view->reader, address, into, bytes);
}

bool layout_read_u64(const struct layout_view *view, uint64_t address, uint64_t *out)
{
    return layout_read(view, address, out, sizeof(*out));
}

bool layout_read_u32(const struct layout_view *view, uint64_t address, uint32_t *out)
{
    return layout_read(view, address, out, sizeof(*out));
}

bool layout_scan(const struct layout_view *view, uint64_t address, uint64_t bytes, size_t unit,
                 bool (*visit)(const unsigned char *piece, size_t bytes, uint64_t offset,
                               void *context),
                 void *context)
{
    if (unit == 0 || unit > LAYOUT_SCRATCH_BYTES)
        return false;
    size_t piece_limit = LAYOUT_SCRATCH_BYTES / unit * unit;
    for (uint64_t offset = 0; offset < bytes;) {
        size_t piece = bytes - offset < piece_limit ? bytes - offset : piece_limit;
        const unsigned char *seen = NULL;
        if (address % 8 == 0 && address + offset + piece > address)
            seen = see_bytes(view->reader, address + offset, view->scratch, piece);
        else if (layout_read(view, address + offset, view->scratch, piece))
            seen = view->scratch;
        if (!seen || !visit(seen, piece, offset, context))
            return false;
        offset += piece;
    }
    return true;
}

/* The words around a block of glibc's malloc, glibc 2.36, malloc/malloc.c "struct malloc_chunk":
 * the chunk's size stands in the 8 bytes before the block, its low three bits are flags. */
#define CHUNK_PREVIOUS_IN_USE 1u
#define CHUNK_MMAPPED         2u
#define CHUNK_FLAGS           7u
#define CHUNK_BYTES_MIN       32u
#define CHUNK_BYTES_MAX       65536u /* an entry of a chained table; more is not "small" */

/* The size that stands before the block; 0 when it makes no sense. */
static uint64_t chunk_size(const struct layout_view *view, uint64_t address)
{
    uint64_t size;
    if (!view->glibc_heap || !layout_is_pointer(address, 16) ||
        !layout_read_u64(view, address - 8, &size))
        return 0;
    uint64_t bytes = size & ~(uint64_t)CHUNK_FLAGS;
    return (size & CHUNK_MMAPPED) != 0 || bytes % 16 != 0 || bytes < CHUNK_BYTES_MIN ||
                   bytes > CHUNK_BYTES_MAX
               ? 0
               : bytes;
}

uint64_t layout_chunk_bytes(const struct layout_view *view, uint64_t address)
{
    uint64_t next, bytes = chunk_size(view, address);
    /* The bytes before an entry inside somebody's array may look like a size. The chunk behind it
     * must then also say that the one before it (ours) is in use. */
    if (bytes == 0 || !layout_read_u64(view, address - 8 + bytes, &next))
        return 0;
    if ((next & CHUNK_PREVIOUS_IN_USE) == 0 || (next & ~(uint64_t)CHUNK_FLAGS) < CHUNK_BYTES_MIN ||
        (next & 8) != 0)
        return 0;
    return bytes;
}

/* Whether the first word links the block to another freed one of its size, as since glibc 2.32 the
 * lists of small ones do (PROTECT_PTR): a thread's cache by their blocks, a fast bin by their
 * chunks, which begin two words before. A program's own link, taken for such a one, leads nowhere.
 */
static bool is_linked_as_freed(const struct layout_view *view, uint64_t address, uint64_t bytes)
{
    uint64_t link, size;
    if (!layout_read_u64(view, address, &link))
        return false;
    link ^= address >> 12;
    if (link == 0)
        return true; /* the last of its list */
    return layout_is_pointer(link, 16) &&
           (chunk_size(view, link) == bytes ||
            (layout_read_u64(view, link + 8, &size) && (size & ~(uint64_t)CHUNK_FLAGS) == bytes));
}

bool layout_is_freed_block(const struct layout_view *view, uint64_t address, uint64_t least_bytes)
{
    uint64_t next, bytes = chunk_size(view, address);
    if (bytes < least_bytes + sizeof(bytes) || bytes == 0)
        return false;
    /* Where it was joined to others its own size stands there yet, and what the next one says. */
    return is_linked_as_freed(view, address, bytes) ||
           (layout_read_u64(view, address - 8 + bytes, &next) &&
            (next & CHUNK_PREVIOUS_IN_USE) == 0);
}
