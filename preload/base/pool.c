/*
 * Chunked record pools: see pool.h. Touches only memory of its own.
 */
#include "pool.h"

static bool pool_map_chunk(struct pool *pool, uint32_t chunk)
{
    if (chunk >= POOL_MAX_CHUNKS)
        return false;
    if (atomic_load_explicit(&pool->chunks[chunk], memory_order_relaxed))
        return true;
    void *memory = system_map(pool_chunk_bytes(pool));
    if (!memory)
        return false;
    atomic_store_explicit(&pool->chunks[chunk], memory, memory_order_release);
    return true;
}

uint32_t pool_take_run(struct pool *pool, uint32_t count)
{
    uint32_t first = atomic_load_explicit(&pool->count, memory_order_relaxed);
    uint32_t per_chunk = 1u << pool->chunk_shift;

    if (first == 0)
        first = 1;
    /* A run does not cross chunks: what is left of this one stays unused. */
    if ((first & (per_chunk - 1)) + count > per_chunk)
        first = (first | (per_chunk - 1)) + 1;
    if (first >= pool->max_records || count > pool->max_records - first)
        return 0;
    if (!pool_map_chunk(pool, first >> pool->chunk_shift))
        return 0;
    atomic_store_explicit(&pool->count, first + count, memory_order_release);
    return first;
}

uint32_t pool_take(struct pool *pool)
{
    return pool_take_run(pool, 1);
}
