/*
 * Signals that are held back from this thread while it reads memory where it lies (reader.h): a
 * handler may unmap a part of it, or take the right to read it away, between the question whether a
 * page can be read and the reading. What arrives meanwhile waits, as it does for a program that
 * blocks it, and comes when the look is over.
 */
#ifndef HASHTRACK_HELD_SIGNALS_H
#define HASHTRACK_HELD_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "system.h"

struct held_signals {
    uint64_t before; /* the thread's mask */
    bool are_held;
};

/* False when the kernel refuses (a filter of system calls). May be called again while they are
 * held; by another one as well, which has to let go first. */
static inline bool signals_hold(struct held_signals *held)
{
    const uint64_t all = UINT64_MAX;
    if (!held->are_held)
        held->are_held = system_call(SYS_rt_sigprocmask, SIG_BLOCK, &all, &held->before,
                                     sizeof(held->before)) == 0;
    return held->are_held;
}

/* Handlers run in here. */
static inline void signals_release(struct held_signals *held)
{
    if (held->are_held)
        system_call(SYS_rt_sigprocmask, SIG_SETMASK, &held->before, NULL, sizeof(held->before));
    held->are_held = false;
}

/* Whether any has come that the program does not block itself. */
static inline bool signals_are_waiting(const struct held_signals *held)
{
    uint64_t pending = 0;
    return held->are_held && system_call(SYS_rt_sigpending, &pending, sizeof(pending), 0, 0) == 0 &&
           (pending & ~held->before) != 0;
}

#endif
