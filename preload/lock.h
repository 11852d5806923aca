/*
 * A lock that gives up.
 *
 * A holder may be gone for good: a signal handler can siglongjmp out of the code it interrupted
 * (trap 24), fork can copy a lock whose holder it does not copy (trap 35). So nobody waits for
 * ever: after about a tenth of a second lock_take returns false, the caller drops what it wanted to
 * record and counts that. Valid when zero-initialised.
 *
 * Ranks, lowest first; who holds one waits only for higher ones:
 *   snapshot_lock < the shards', in their order < tables_lock < sites_lock < pool_lock
 * Only fork holds more than one shard's. None is held while unwinding, which may wait for the
 * loader's lock (trap 29). An expectation's lock has no rank: nobody waits for it. A build with
 * HASHTRACK_CHECK_LOCKS checks all that (lock_check.c); tests/hosts runs one.
 */
#ifndef HASHTRACK_LOCK_H
#define HASHTRACK_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "system.h"

struct lock {
    _Atomic uint32_t taken;
    uint32_t rank; /* from 1; 0: nobody waits for it */
};

#ifdef HASHTRACK_CHECK_LOCKS
void lock_check_waits(const struct lock *lock);
void lock_check_taken(const struct lock *lock);
void lock_check_released(const struct lock *lock);
void lock_check_none(void);
#else
static inline void lock_check_waits(const struct lock *lock)
{
    (void)lock;
}
static inline void lock_check_taken(const struct lock *lock)
{
    (void)lock;
}
static inline void lock_check_released(const struct lock *lock)
{
    (void)lock;
}
/* This thread holds none. */
static inline void lock_check_none(void)
{
}
#endif

#define LOCK_SPINS       200 /* about a microsecond, longer than any section that is not preempted */
#define LOCK_PATIENCE_MS 100

static inline bool lock_try(struct lock *lock)
{
    uint32_t is_free = 0;
    bool taken = atomic_compare_exchange_strong_explicit(
        &lock->taken, &is_free, 1, memory_order_acquire, memory_order_relaxed);
    if (taken)
        lock_check_taken(lock);
    return taken;
}

static inline bool lock_take_within(struct lock *lock, uint64_t patience_ms)
{
    lock_check_waits(lock);
    for (int spin = 0; spin < LOCK_SPINS; spin++) {
        if (lock_try(lock))
            return true;
        __builtin_ia32_pause();
    }
    /* The coarse clock moves in steps of 4 ms, which is precise enough for giving up. */
    uint64_t give_up = system_monotonic_ms() + patience_ms;
    do {
        if (lock_try(lock))
            return true;
        system_call(SYS_sched_yield, 0, 0, 0, 0);
    } while (system_monotonic_ms() < give_up);
    return false;
}

static inline bool lock_take(struct lock *lock)
{
    return lock_take_within(lock, LOCK_PATIENCE_MS);
}

static inline void lock_release(struct lock *lock)
{
    lock_check_released(lock);
    atomic_store_explicit(&lock->taken, 0, memory_order_release);
}

#endif
