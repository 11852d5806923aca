/*
 * Fixed-size records in memory of our own, named by index.
 *
 * Records are handed out from chunks that are mapped when needed and never move, so that a
 * reference stays good without a lock, and an index means the same in a copy that another process
 * made (see analyzer/cmd_snapshot.c). Index 0 is never handed out: it says "none". Valid when the
 * fixed fields are set and the rest is zero. The caller's lock (or the pool's own rank POOL)
 * protects pool_take.
 */
#ifndef HASHTRACK_POOL_H
#define HASHTRACK_POOL_H

#include <stdatomic.h>

#include "system.h"

#define POOL_MAX_CHUNKS 512u

struct pool {
    uint32_t record_bytes;
    uint32_t chunk_shift; /* a chunk holds 1 << chunk_shift records */
    uint32_t max_records;
    _Atomic uint32_t count; /* records handed out so far, number 0 included */
    void *_Atomic chunks[POOL_MAX_CHUNKS];
};

/* The next never-used index, its record zeroed; 0 when the pool is full or memory is refused. */
uint32_t pool_take(struct pool *pool);

/* `count` records that lie side by side; the index of the first, or 0. count <= 1 << chunk_shift.
 */
uint32_t pool_take_run(struct pool *pool, uint32_t count);

static inline void *pool_at(const struct pool *pool, uint32_t index)
{
    char *chunk =
        atomic_load_explicit(&pool->chunks[index >> pool->chunk_shift], memory_order_acquire);
    return chunk + (size_t)(index & ((1u << pool->chunk_shift) - 1)) * pool->record_bytes;
}

/* Whether the index was handed out: for indices that a race or a foreign process may have spoilt.
 */
static inline bool pool_has(const struct pool *pool, uint32_t index)
{
    return index != 0 && index < atomic_load_explicit(&pool->count, memory_order_acquire) &&
           (index >> pool->chunk_shift) < POOL_MAX_CHUNKS &&
           atomic_load_explicit(&pool->chunks[index >> pool->chunk_shift], memory_order_acquire);
}

static inline size_t pool_chunk_bytes(const struct pool *pool)
{
    return (size_t)pool->record_bytes << pool->chunk_shift;
}

#endif
