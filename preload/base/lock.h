/*
 * A lock that gives up.
 *
 * A holder may be gone for good: a signal handler can siglongjmp out of the code it interrupted
 * (trap 24), fork can copy a lock whose holder it does not copy (trap 35). So nobody waits for
 * ever: after about a tenth of a second lock_take returns false, the caller drops what it wanted to
 * record and counts that. On a busy machine it takes longer, for the holder, which may have been
 * preempted, must get its turn; and so it does while a fork holds the lock, which copies the
 * program's page tables meanwhile and is sure to end. Valid when zero-initialised.
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

enum { LOCK_FREE, LOCK_TAKEN, LOCK_TAKEN_BY_FORK };

struct lock {
    _Atomic uint32_t taken; /* LOCK_FREE ... */
    uint32_t rank;          /* from 1; 0: nobody waits for it */
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

#define LOCK_SPINS            200 /* a microsecond, longer than a section that is not preempted */
#define LOCK_YIELDS           16
#define LOCK_REST_NS          200000
#define LOCK_PATIENCE_MS      100
#define LOCK_FORK_PATIENCE_MS 2000

static inline bool lock_try(struct lock *lock)
{
    uint32_t is_free = LOCK_FREE;
    bool taken = atomic_compare_exchange_strong_explicit(
        &lock->taken, &is_free, LOCK_TAKEN, memory_order_acquire, memory_order_relaxed);
    if (taken)
        lock_check_taken(lock);
    return taken;
}

/* Yields at first, then sleeps: to yield gives a holder of lower priority nothing. */
static inline void lock_rest(uint64_t rests)
{
    static const struct timespec rest = {.tv_nsec = LOCK_REST_NS};
    if (rests < LOCK_YIELDS)
        system_call(SYS_sched_yield, 0, 0, 0, 0);
    else
        system_call(SYS_nanosleep, &rest, NULL, 0, 0);
}

static inline bool lock_take_within(struct lock *lock, uint64_t patience_ms)
{
    lock_check_waits(lock);
    for (int spin = 0; spin < LOCK_SPINS; spin++) {
        if (lock_try(lock))
            return true;
        __builtin_ia32_pause();
    }
    /* The coarse clock moves in steps of 4 ms, which is precise enough for giving up. So many rests
     * as well: they take longer where others want the processor. */
    uint64_t begin = system_monotonic_ms(), waited = 0;
    for (uint64_t rests = 0; waited < patience_ms || rests < patience_ms; rests++) {
        if (lock_try(lock))
            return true;
        if (atomic_load_explicit(&lock->taken, memory_order_relaxed) == LOCK_TAKEN_BY_FORK &&
            patience_ms < LOCK_FORK_PATIENCE_MS)
            patience_ms = LOCK_FORK_PATIENCE_MS;
        lock_rest(rests);
        waited = system_monotonic_ms() - begin;
    }
    return false;
}

static inline bool lock_take(struct lock *lock)
{
    return lock_take_within(lock, LOCK_PATIENCE_MS);
}

static inline void lock_release(struct lock *lock)
{
    lock_check_released(lock);
    atomic_store_explicit(&lock->taken, LOCK_FREE, memory_order_release);
}

#endif
