/*
 * Whether locks are taken in the order of their ranks: see lock.h. Only in builds with
 * HASHTRACK_CHECK_LOCKS, which no user gets: a violation ends the program, with its call stack.
 */
#ifndef HASHTRACK_CHECK_LOCKS
#define HASHTRACK_CHECK_LOCKS
#endif
#include "lock.h"

#include <stddef.h>

#define RANKS 128u

/* The ranks that this thread holds. A handler that leaves by longjmp leaves them set. */
static __thread uint64_t held[RANKS / 64] __attribute__((tls_model("initial-exec")));

static bool holds_from(uint32_t rank)
{
    for (uint32_t i = rank; i < RANKS; i++)
        if (held[i / 64] >> i % 64 & 1)
            return true;
    return false;
}

void lock_check_waits(const struct lock *lock)
{
    if (lock->rank >= RANKS || (lock->rank != 0 && holds_from(lock->rank)))
        __builtin_trap();
}

void lock_check_taken(const struct lock *lock)
{
    held[lock->rank / 64] |= 1ull << lock->rank % 64;
}

void lock_check_released(const struct lock *lock)
{
    held[lock->rank / 64] &= ~(1ull << lock->rank % 64);
}

void lock_check_none(void)
{
    if (holds_from(1))
        __builtin_trap();
}
