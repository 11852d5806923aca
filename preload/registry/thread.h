/*
 * What each thread remembers: 128 bytes of initial-exec TLS, for a preloaded library may use a
 * little of the static TLS block but a lot of it breaks dlopen (trap 20). Only its own thread
 * touches it; a signal handler of that thread may, which is what `inside` is for.
 */
#ifndef HASHTRACK_THREAD_H
#define HASHTRACK_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/single_threaded.h>

#include "glibc.h"

#define THREAD_RECENT 8u

struct recent_array {
    uint32_t index;
    uint32_t sequence; /* low half */
};

/* The link this thread made last: what grows together with it is the same table (growth.c). */
struct last_link {
    uint32_t table;
    uint32_t sequence; /* of the new array, low half */
    uint32_t clock;    /* sequence of the youngest array when the link was made, low half */
    uint32_t site : 31;
    uint32_t by_realloc : 1;
};

/* What the tracker runs on. */
enum stack_in_use {
    STACK_OF_PROGRAM,
    STACK_OWN,       /* one of ours: own_stack.h */
    STACK_TOO_SMALL, /* the program's, of unknown size: nothing is done that takes much */
};

struct thread_state {
    uint16_t inside;     /* the tracker is running: calls from here on go straight through */
    uint8_t is_enrolled; /* other threads know of it (threads_inside.h) */
    uint8_t probe;       /* a call of malloc arrived here (lifecycle.c) */
    uint8_t unwinding;   /* what is allocated now is the unwinder's own: its thread-local storage */
    uint8_t forking;     /* enum fork_stage (forking.c) */
    uint8_t stack;       /* enum stack_in_use */
    uint8_t checks_reads; /* while unwinding: the stack may end anywhere (checked_reads.h) */
    uintptr_t entered_at; /* the frame that entered: one above it has left by longjmp (trap 24) */
    uint32_t number;      /* from 1; 0 until the thread's first tracked block */
    uint32_t recent_count;
    uintptr_t stack_low;   /* from here on its stack is there (stack_extent.c); 0: not known */
    uint16_t in_loader;    /* a callback of dl_iterate_phdr runs: the loader's lock is held */
    uint8_t holds_signals; /* while unwinding: the kernel did not refuse to (stack.c) */
    uint8_t unwound;       /* stacks that it walked frame by frame: the first ones */
    uint32_t caller; /* low half of the return address into whoever called malloc or free last, or
                      * stale */
    /* The arrays this thread allocated last: where an array's successor is found. */
    struct recent_array recent[THREAD_RECENT];
    struct last_link last_link;
};

extern __thread struct thread_state thread_state __attribute__((tls_model("initial-exec")));

/* The nth array that this thread allocated, the last one being 0; NULL when there is none or it was
 * too long ago. */
static inline const struct recent_array *thread_recent(uint32_t nth)
{
    if (nth >= THREAD_RECENT || nth >= thread_state.recent_count)
        return NULL;
    return &thread_state.recent[(thread_state.recent_count - 1 - nth) % THREAD_RECENT];
}

static inline void thread_remember(struct recent_array array)
{
    thread_state.recent[thread_state.recent_count++ % THREAD_RECENT] = array;
}

/* For threads_inside.h. */
void thread_enrol(void) __attribute__((visibility("hidden")));

/* Enters the tracker; false when this thread is in it already (a signal handler, or libunwind
 * allocating). A pair of these surrounds everything that touches the registry. */
static inline bool thread_enter(void)
{
    if (thread_state.inside)
        return false;
    if (!thread_state.is_enrolled && !__libc_single_threaded)
        thread_enrol();
    thread_state.inside = 1;
    thread_state.entered_at = (uintptr_t)__builtin_frame_address(0);
    __asm__ volatile("" ::: "memory"); /* ordered for this thread's own signal handlers */
    return true;
}

/* Whether the place is on this thread's stack further in than the program is now: what a function
 * left there that has returned. */
static inline bool thread_has_left(uint64_t place)
{
    return thread_state.stack_low != 0 && place >= thread_state.stack_low &&
           place < thread_state.entered_at;
}

/* The innermost frame on the program's stack, given the function's own. */
static inline uintptr_t thread_frame_of_program(uintptr_t frame)
{
    return thread_state.stack == STACK_OWN ? thread_state.entered_at : frame;
}

static inline void thread_leave(void)
{
    __asm__ volatile("" ::: "memory");
    thread_state.inside = 0;
}

#endif
