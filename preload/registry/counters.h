/*
 * What went wrong or was left out, counted. The report says each that is not zero: the tracker
 * never prints, and never fails in silence.
 *
 * COUNTER(name, text): text is what stands in the dump. Relaxed atomics, no lock.
 */
#ifndef HASHTRACK_COUNTERS_H
#define HASHTRACK_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#define COUNTERS(COUNTER)                                                                          \
    COUNTER(ARRAYS_DROPPED, "blocks not tracked because the record pool was full")                 \
    COUNTER(SITES_DROPPED, "call stacks dropped because the site pool was full")                   \
    COUNTER(TABLES_DROPPED, "tables dropped because the table pool was full")                      \
    COUNTER(FREED_FORGOTTEN,                                                                       \
            "tables no longer listed that were freed before the table pool was full")              \
    COUNTER(FREES_MISSED, "addresses given out again without a free that we saw")                  \
    COUNTER(LOCKS_TIMED_OUT, "operations skipped because a lock stayed taken")                     \
    COUNTER(STACKS_EMPTY, "call stacks that could not be read")                                    \
    COUNTER(READS_FAILED, "arrays that could not be read at a growth")                             \
    COUNTER(SCRATCH_BUSY, "growths not looked at because all scratch memory was in use")           \
    COUNTER(ON_SIGNAL_STACK,                                                                       \
            "growths not looked at because a signal handler had too little stack")                 \
    COUNTER(NESTED, "blocks not tracked because a signal handler interrupted the tracker")         \
    COUNTER(MAPPINGS_SPLIT, "mappings no longer tracked because a part of them was unmapped")      \
    COUNTER(SNAPSHOTS_FAILED, "snapshots that could not be written")                               \
    COUNTER(TABLES_NOT_READ, "tables left out of a snapshot for lack of memory")                   \
    COUNTER(SUPPRESSIONS_UNREADABLE, "texts of __lsan_default_suppressions() that cannot be read") \
    COUNTER(MODULES_FORGOTTEN, "unloaded modules not remembered because too many were")            \
    COUNTER(DEEP_BOUND,                                                                            \
            "plugins bound to another malloc by RTLD_DEEPBIND, whose blocks are unseen")           \
    COUNTER(SCRIPT_PLACES_DROPPED, "lines of scripts dropped because there were too many")         \
    COUNTER(PYTHON_UNKNOWN, "interpreters of Python whose lines are not known: another version")   \
    COUNTER(SANDBOXED, "readings not taken because the program entered a seccomp sandbox")

enum counter {
#define COUNTER(name, text) COUNTER_##name,
    COUNTERS(COUNTER)
#undef COUNTER
        COUNTER_COUNT
};

struct counters {
    _Atomic uint64_t values[COUNTER_COUNT];
};

static inline void counter_add(struct counters *counters, enum counter counter)
{
    atomic_fetch_add_explicit(&counters->values[counter], 1, memory_order_relaxed);
}

#endif
