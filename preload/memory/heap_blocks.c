/*
 * Blocks of glibc's malloc (glibc 2.36, malloc/malloc.c: struct malloc_chunk): see heap_blocks.h.
 *
 * A chunk's size stands before it, and behind it begins the next chunk. So the block around a place
 * is found by going from chunk to chunk, from one that is known: a tracked block, or the first of
 * its heap. A size that makes no sense ends the walk: then nothing is known.
 */
#include "heap_blocks.h"

#include "page.h"

#define HEADER_BYTES    16u /* from a chunk's address to that of its block */
#define SIZE_OFFSET     8u
#define LEAST_CHUNK     32u
#define FLAG_BITS       7u
#define PREVIOUS_IN_USE 1u
#define IS_MAPPED       2u
/* A thread's heap begins at a multiple of HEAP_MAX_SIZE (malloc/arena.c) with the arena's own
 * records, and its first block is the thread's cache. */
#define THREAD_HEAP_BYTES   (64ull << 20)
#define THREAD_HEAP_RECORDS 4096u
/* tcache_perthread_struct: 64 counters of 2 bytes, 64 pointers to freed blocks. */
#define CACHE_BINS   64u
#define CACHE_COUNTS (2u * CACHE_BINS)
#define CACHE_CHUNK  (CACHE_COUNTS + 8u * CACHE_BINS + 16u)
#define CACHE_FLAGS  5u /* of a thread's heap, the block before it in use */
#define MOST_TRIES   64u
/* All walks of a snapshot, 0.2 s a GiB (measured): what is beyond stays unknown. So that no walk is
 * made twice, one chunk in so many bytes is remembered. */
#define MOST_READ        (8ull << 30)
#define CHECKPOINT_BYTES (16ull << 20)

static bool read_u64(struct heap_blocks *blocks, uint64_t address, uint64_t *out)
{
    if (address < blocks->read_at || address + 8 > blocks->read_at + blocks->read_bytes) {
        size_t bytes = LAYOUT_SCRATCH_BYTES;
        if (blocks->bytes_read > MOST_READ)
            return false;
        if (!blocks->reader->read(blocks->reader, address, blocks->scratch, bytes)) {
            bytes = PAGE_BYTES - address % PAGE_BYTES; /* near the end of the heap */
            if (bytes < 8 ||
                !blocks->reader->read(blocks->reader, address, blocks->scratch, bytes)) {
                blocks->read_bytes = 0;
                return false;
            }
        }
        blocks->read_at = address;
        blocks->read_bytes = bytes;
        blocks->bytes_read += bytes;
    }
    memcpy(out, blocks->scratch + (address - blocks->read_at), sizeof(*out));
    return true;
}

/* The size field of the chunk; false where it makes no sense. */
static bool read_size(struct heap_blocks *blocks, uint64_t chunk, uint64_t end, uint64_t *field)
{
    if (chunk + HEADER_BYTES > end || !read_u64(blocks, chunk + SIZE_OFFSET, field))
        return false;
    uint64_t size = *field & ~(uint64_t)FLAG_BITS;
    return !(*field & IS_MAPPED) && size >= LEAST_CHUNK && size % 16 == 0 && size <= end - chunk;
}

/* The chunk of the thread's cache, 0 when it is not where it should be. */
static uint64_t first_of_thread_heap(struct heap_blocks *blocks, uint64_t heap, uint64_t end)
{
    for (uint64_t chunk = heap + LEAST_CHUNK; chunk < heap + THREAD_HEAP_RECORDS; chunk += 16) {
        uint64_t field;
        if (read_size(blocks, chunk, end, &field) && field == (CACHE_CHUNK | CACHE_FLAGS))
            return chunk;
    }
    return 0;
}

/* The last chunk before the place that a walk has passed, of those from `start` on; or 0. */
static uint64_t walked_chunk(const struct heap_blocks *blocks, uint64_t start, uint64_t place)
{
    uint64_t nearest = 0;
    for (uint32_t i = 0; i <= blocks->checkpoint_count; i++) {
        uint64_t chunk = i < blocks->checkpoint_count ? blocks->checkpoints[i] : blocks->last_chunk;
        if (chunk >= start && chunk <= place && chunk > nearest)
            nearest = chunk;
    }
    return nearest;
}

/* The chunk of the last tracked block before the place, of those from `start` on; or 0. */
static uint64_t tracked_chunk(struct heap_blocks *blocks, uint64_t start, uint64_t end,
                              uint64_t place)
{
    const struct live_array *array = live_arrays_before(blocks->arrays, place);
    for (unsigned tries = 0; tries < MOST_TRIES && array && array >= blocks->arrays->arrays &&
                             array->record.address >= start + HEADER_BYTES;
         tries++, array--) {
        uint64_t chunk = array->record.address - HEADER_BYTES, field;
        if (array->record.flags & ARRAY_MAPPED || array->record.address % 16 != 0)
            continue;
        if (read_size(blocks, chunk, end, &field))
            return chunk;
    }
    return 0;
}

/* A chunk before the place in the same heap to begin the walk at; 0 when none is known. */
static uint64_t known_chunk(struct heap_blocks *blocks, const struct region *region, uint64_t place)
{
    uint64_t start = region->start;
    if (region->kind == REGION_ANONYMOUS) {
        start = place & ~(THREAD_HEAP_BYTES - 1);
        if (start < region->start)
            return 0; /* no heap of a thread begins before it */
    }
    uint64_t walked = walked_chunk(blocks, start, place);
    uint64_t tracked = tracked_chunk(blocks, walked > start ? walked : start, region->end, place);
    if (tracked != 0 || walked != 0)
        return tracked > walked ? tracked : walked;
    return region->kind == REGION_HEAP ? start : first_of_thread_heap(blocks, start, region->end);
}

/* The chunk around the place, 0 when it cannot be told; *field: its size field. */
static uint64_t walk(struct heap_blocks *blocks, const struct region *region, uint64_t place,
                     uint64_t *field)
{
    uint64_t chunk = known_chunk(blocks, region, place);
    uint64_t checkpoint = chunk;
    while (chunk != 0 && read_size(blocks, chunk, region->end, field)) {
        uint64_t next = chunk + (*field & ~(uint64_t)FLAG_BITS);
        if (place < next + SIZE_OFFSET) {
            blocks->last_chunk = chunk;
            return chunk;
        }
        chunk = next;
        if (chunk - checkpoint >= CHECKPOINT_BYTES &&
            blocks->checkpoint_count < HEAP_BLOCKS_CHECKPOINTS) {
            blocks->checkpoints[blocks->checkpoint_count++] = chunk;
            checkpoint = chunk;
        }
    }
    return 0;
}

/* The next chunk says whether this one is in use; the last of a heap is what is left of it. */
static bool is_in_use(struct heap_blocks *blocks, const struct region *region, uint64_t next)
{
    uint64_t field;
    return next < region->end && read_size(blocks, next, region->end, &field) &&
           (field & PREVIOUS_IN_USE);
}

/* Blocks in a thread's cache of freed ones look as if they were in use, but their second word is
 * the same in all of them (tcache_entry.key). One is found through the cache of the main thread. */
static uint64_t mark_of_cached(struct heap_blocks *blocks)
{
    const struct region *heap =
        (const struct region *)(const void *)blocks->regions->mappings.memory;
    const struct region *end = heap + blocks->regions->mappings.used / sizeof(*heap);
    uint64_t field, entry, mark;
    while (heap < end && heap->kind != REGION_HEAP)
        heap++;
    if (heap == end || !read_size(blocks, heap->start, heap->end, &field) ||
        (field & ~(uint64_t)FLAG_BITS) != CACHE_CHUNK)
        return 0;
    uint64_t entries = heap->start + HEADER_BYTES + CACHE_COUNTS;
    for (unsigned i = 0; i < CACHE_BINS; i++)
        if (read_u64(blocks, entries + (uint64_t)8 * i, &entry) && entry > heap->start &&
            entry + 16 < heap->end && read_u64(blocks, entry + 8, &mark))
            return mark;
    return 0;
}

static bool is_cached(struct heap_blocks *blocks, uint64_t block)
{
    uint64_t word;
    if (!blocks->is_mark_known)
        blocks->cached_mark = mark_of_cached(blocks);
    blocks->is_mark_known = true;
    return blocks->cached_mark != 0 && read_u64(blocks, block + 8, &word) &&
           word == blocks->cached_mark;
}

bool heap_block_around(struct heap_blocks *blocks, uint64_t place, struct heap_block *out)
{
    const struct live_array *array = live_arrays_around(blocks->arrays, place);
    if (array && place < array->record.address + array->record.bytes) {
        *out = (struct heap_block){
            .address = array->record.address, .bytes = array->record.bytes, .array = array};
        return true;
    }
    const struct region *region = regions_find(blocks->regions, place);
    if (!blocks->is_glibc || !region ||
        (region->kind != REGION_HEAP && region->kind != REGION_ANONYMOUS))
        return false;
    uint64_t field = 0;
    uint64_t chunk = walk(blocks, region, place, &field);
    uint64_t size = field & ~(uint64_t)FLAG_BITS;
    if (chunk == 0 || place < chunk + HEADER_BYTES || size == CACHE_CHUNK ||
        !is_in_use(blocks, region, chunk + size) || is_cached(blocks, chunk + HEADER_BYTES))
        return false;
    *out = (struct heap_block){.address = chunk + HEADER_BYTES,
                               .bytes = size + SIZE_OFFSET - HEADER_BYTES};
    return true;
}
