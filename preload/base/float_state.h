/*
 * The program's floating-point state, which is not ours to change or to count in. It may have
 * exceptions that trap (feenableexcept, gfortran's -ffpe-trap), for which an inexact division of
 * the tracker would be a deadly signal; it may look at the flags that tell which ones there were;
 * and it may round otherwise, or flush small numbers to zero, which would change our numbers
 * (tests/hosts, floating_point.c). No state but the processor's; a signal handler has its own.
 *
 * The x87 has state of its own, for long double, which nothing here is.
 */
#ifndef HASHTRACK_FLOAT_STATE_H
#define HASHTRACK_FLOAT_STATE_H

#include <stdint.h>

/* As a process begins: nothing traps, rounded to the nearest. */
#define FLOAT_STATE_OF_OURS 0x1f80u
/* The exceptions that there were. */
#define FLOAT_STATE_FLAGS 0x3fu

/* The program's, for float_state_restore. Setting it is slow, so it is set where it matters. */
static inline uint32_t float_state_enter(void)
{
    uint32_t state = __builtin_ia32_stmxcsr();
    if ((state & ~FLOAT_STATE_FLAGS) != FLOAT_STATE_OF_OURS)
        __builtin_ia32_ldmxcsr(FLOAT_STATE_OF_OURS);
    return state;
}

static inline void float_state_restore(uint32_t state)
{
    if (__builtin_ia32_stmxcsr() != state)
        __builtin_ia32_ldmxcsr(state);
}

#endif
