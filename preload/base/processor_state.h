/*
 * The program's state of the processor, which is not ours to change or to count in. It may have
 * floating-point exceptions that trap (feenableexcept, gfortran's -ffpe-trap), for which an inexact
 * division of the tracker would be a deadly signal; it may look at the flags that tell which ones
 * there were; and it may round otherwise, or flush small numbers to zero, which would change our
 * numbers. It may step through itself, where each of our instructions would be a signal, and a
 * deadly one while signals are held; or want words to lie where they ought to, which what we read
 * of its memory does not (tests/hosts, floating_point.c and processor_flags.c). No state but the
 * processor's; a signal handler has its own.
 *
 * The x87 has state of its own, for long double, which nothing here is.
 */
#ifndef HASHTRACK_PROCESSOR_STATE_H
#define HASHTRACK_PROCESSOR_STATE_H

#include <stdint.h>

/* As a process begins: nothing traps, rounded to the nearest. */
#define FLOAT_STATE_OF_OURS 0x1f80u
/* The exceptions that there were. */
#define FLOAT_STATE_FLAGS 0x3fu

/* Of the flags: a trap after each instruction, a fault where a word lies across its place. */
#define FLAGS_STEP_OR_ALIGNED (UINT64_C(1) << 8 | UINT64_C(1) << 18)

struct processor_state {
    uint32_t floats;
    uint32_t flags; /* of FLAGS_STEP_OR_ALIGNED */
};

/* The program's, for processor_state_restore. Setting it is slow, so it is set where it matters. */
static inline struct processor_state processor_state_enter(void)
{
    uint64_t flags = __builtin_ia32_readeflags_u64();
    if (__builtin_expect((flags & FLAGS_STEP_OR_ALIGNED) != 0, 0))
        __builtin_ia32_writeeflags_u64(flags & ~FLAGS_STEP_OR_ALIGNED);
    struct processor_state state = {.floats = __builtin_ia32_stmxcsr(),
                                    .flags = (uint32_t)(flags & FLAGS_STEP_OR_ALIGNED)};
    if ((state.floats & ~FLOAT_STATE_FLAGS) != FLOAT_STATE_OF_OURS)
        __builtin_ia32_ldmxcsr(FLOAT_STATE_OF_OURS);
    return state;
}

static inline void processor_state_restore(struct processor_state state)
{
    if (__builtin_ia32_stmxcsr() != state.floats)
        __builtin_ia32_ldmxcsr(state.floats);
    if (__builtin_expect(state.flags != 0, 0))
        __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | state.flags);
}

#endif
