/*
 * CPython's arenas: see cpython_pools.h. An arena is cut into pools, which begin at multiples of
 * their size; each pool is of objects of one size, of which its header says three numbers that
 * belong together. Reads through the view alone.
 */
#include "cpython_pools.h"

#include "words.h"

/* Objects/obmalloc.c, 3.0 to 3.14: struct pool_header, ALIGNMENT, NB_SMALL_SIZE_CLASSES. */
#define ALIGNMENT      16u
#define SIZE_CLASSES   32u
#define HEADER_BYTES   48u
#define PREVIOUS       24u /* pool of that size */
#define ARENA_INDEX    32u
#define SIZE_CLASS     36u
#define NEXT_OFFSET    40u      /* of what was never used yet */
#define MOST_OFFSET    44u      /* at which an object may begin */
#define ARENA_BYTES    1048576u /* since 3.10; before, a quarter of that */
#define POOL_BYTES     16384u   /* likewise */
#define OLD_POOL_BYTES 4096u

#define POOLS_ASKED 4u
#define LEAST_POOLS 2u

/* What an empty pool was used for stays in its header. */
static bool is_pool(const unsigned char *header, uint32_t pool_bytes, uint32_t arena)
{
    uint32_t class = word_u32(header, SIZE_CLASS), next = word_u32(header, NEXT_OFFSET);
    uint32_t object_bytes = (class + 1) * ALIGNMENT;
    return class < SIZE_CLASSES && word_u32(header, MOST_OFFSET) == pool_bytes - object_bytes &&
           next >= HEADER_BYTES && next <= pool_bytes &&
           (next - HEADER_BYTES) % object_bytes == 0 && word_u64(header, PREVIOUS) != 0 &&
           word_u32(header, ARENA_INDEX) == arena;
}

/* The arena hands them out from its beginning on: behind one that was never used are no others. */
static bool begins_with_pools(const struct layout_view *view, const struct block *block,
                              uint32_t pool_bytes)
{
    const uint64_t first = (block->address + pool_bytes - 1) & ~(uint64_t)(pool_bytes - 1);
    uint32_t pools = 0, arena = 0;
    for (uint32_t i = 0; i < POOLS_ASKED; i++) {
        unsigned char header[HEADER_BYTES];
        if (!layout_read(view, first + (uint64_t)i * pool_bytes, header, sizeof(header)))
            return false;
        if (bytes_are_zero(header, sizeof(header)))
            break;
        arena = i == 0 ? word_u32(header, ARENA_INDEX) : arena;
        if (!is_pool(header, pool_bytes, arena))
            return false;
        pools++;
    }
    return pools >= LEAST_POOLS;
}

bool cpython_pools_fill(const struct layout_view *view, const struct block *block)
{
    return (block->bytes == ARENA_BYTES && begins_with_pools(view, block, POOL_BYTES)) ||
           (block->bytes == ARENA_BYTES / 4 && begins_with_pools(view, block, OLD_POOL_BYTES));
}
