/*
 * Reading an array in segments: see segmented_view.h. No state, no allocation.
 */
#include "segmented_view.h"

#include <string.h>

/* The last segment that begins at or before the place; NULL: there is none. */
static const struct segment *segment_before(const struct segmented_view *whole, uint64_t at)
{
    uint32_t low = 0, high = whole->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (whole->segments[middle].start <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &whole->segments[low - 1];
}

/* Where in memory the place lies, and how many of the bytes from there on lie together; 0 where it
 * is in none of the segments. */
static uint64_t address_of(const struct segmented_view *whole, uint64_t at, size_t *bytes)
{
    const struct segment *segment = segment_before(whole, at);
    const struct segment *next = segment ? segment + 1 : whole->segments;
    bool is_inside = segment && at - segment->start < segment->bytes;
    uint64_t end = next < whole->segments + whole->count ? next->start : whole->bytes;
    if (is_inside && segment->start + segment->bytes < end)
        end = segment->start + segment->bytes;
    if (*bytes > end - at)
        *bytes = (size_t)(end - at);
    return is_inside ? segment->address + (at - segment->start) : 0;
}

static bool is_of_whole(const struct segmented_view *whole, uint64_t address)
{
    return address - SEGMENTED_BASE < whole->bytes;
}

static bool read_whole(const struct memory_reader *reader, uint64_t address, void *into,
                       size_t bytes)
{
    const struct segmented_view *whole = (const struct segmented_view *)(const void *)reader;
    uint64_t at = address - SEGMENTED_BASE;
    if (!is_of_whole(whole, address))
        return whole->below->read(whole->below, address, into, bytes);
    if (bytes > whole->bytes - at)
        return false;
    for (size_t done = 0; done < bytes;) {
        size_t piece = bytes - done;
        uint64_t there = address_of(whole, at + done, &piece);
        if (there == 0)
            memset((unsigned char *)into + done, 0, piece);
        else if (!whole->below->read(whole->below, there, (unsigned char *)into + done, piece))
            return false;
        done += piece;
    }
    return true;
}

/* --- what points at it --- */

static bool find_block(const struct block_index *index, uint64_t address, struct block *out)
{
    const struct segmented_index *holders = (const struct segmented_index *)(const void *)index;
    return address != SEGMENTED_BASE && holders->below->find(holders->below, address, out);
}

static void visit_neighbours(const struct block_index *index, uint64_t address,
                             bool (*visit)(const struct block *neighbour, void *context),
                             void *context)
{
    const struct segmented_index *holders = (const struct segmented_index *)(const void *)index;
    if (address != SEGMENTED_BASE)
        holders->below->neighbours(holders->below, address, visit, context);
}

static uint64_t pointer_to(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct segmented_index *holders = (const struct segmented_index *)(const void *)index;
    if (address != SEGMENTED_BASE)
        return holders->below->pointer_to(holders->below, address, nth);
    if (holders->directory != 0)
        return holders->below->pointer_to(holders->below, holders->directory, nth);
    return nth < 2 ? holders->ends[nth] : 0;
}

struct block segmented_view_start(struct segmented_view *whole, const struct layout_view *below)
{
    whole->below = below->reader;
    whole->reader = (struct memory_reader){
        .read = read_whole,
        .pid = below->reader->pid,
        .thread = below->reader->thread,
    };
    whole->holders.below = below->blocks;
    whole->holders.index = (struct block_index){
        .find = find_block, .neighbours = visit_neighbours, .pointer_to = pointer_to};
    whole->view = *below;
    whole->view.reader = &whole->reader;
    whole->view.blocks = &whole->holders.index;
    whole->view.own_hashes = NULL;
    return (struct block){.address = SEGMENTED_BASE, .bytes = whole->bytes};
}
