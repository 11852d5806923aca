/*
 * A lock that gives up.
 *
 * A holder may be gone for good: a signal handler can siglongjmp out of the code it interrupted
 * (trap 24), fork can copy a lock whose holder it does not copy (trap 35). So nobody waits for
 * ever: after about a tenth of a second lock_take returns false, the caller drops what it wanted to
 * record and counts that. Valid when zero-initialised.
 *
 * Ranks, lowest first; a thread holding one takes only higher ones (checked in debug builds):
 *   SNAPSHOT < SHARD < TABLES < SITES < POOL
 */
#ifndef HASHTRACK_LOCK_H
#define HASHTRACK_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "system.h"

enum lock_rank {
    LOCK_RANK_NONE,
    LOCK_RANK_SNAPSHOT,
    LOCK_RANK_SHARD,
    LOCK_RANK_TABLES,
    LOCK_RANK_SITES,
    LOCK_RANK_POOL,
};

struct lock {
    _Atomic uint32_t taken;
};

#define LOCK_SPINS       200 /* about a microsecond, longer than any section that is not preempted */
#define LOCK_PATIENCE_MS 100

static inline bool lock_try(struct lock *lock)
{
    uint32_t is_free = 0;
    return atomic_compare_exchange_strong_explicit(&lock->taken, &is_free, 1, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline bool lock_take(struct lock *lock)
{
    for (int spin = 0; spin < LOCK_SPINS; spin++) {
        if (lock_try(lock))
            return true;
        __builtin_ia32_pause();
    }
    /* The coarse clock moves in steps of 4 ms, which is precise enough for giving up. */
    uint64_t give_up = system_monotonic_ms() + LOCK_PATIENCE_MS;
    do {
        if (lock_try(lock))
            return true;
        system_call(SYS_sched_yield, 0, 0, 0, 0);
    } while (system_monotonic_ms() < give_up);
    return false;
}

static inline void lock_release(struct lock *lock)
{
    atomic_store_explicit(&lock->taken, 0, memory_order_release);
}

#endif
