/*
 * When a table that was freed is taken to have been rebuilt, and how long the end of a run is: the
 * tracker (snapshot_replaced.c) and the analyzer (freed_at_end.c) ask the same of their own
 * records.
 *
 * Where a table is rebuilt the new array comes a moment before the old one goes: it is among the
 * last blocks that were allocated by then, as many as a table has arrays. Where other threads
 * allocate meanwhile the clock tells: rebuilding a nearly empty table is quick, unless the machine
 * has others to serve, and all of the run takes long. By the clock alone seven of nine rebuilds at
 * a load of 30 were none, for the thread had to wait in between, up to a seventh of the run. What
 * lies further apart than a second and a fifth of the run is no wait. The clock has milliseconds.
 */
#ifndef HASHTRACK_REBUILD_MOMENT_H
#define HASHTRACK_REBUILD_MOMENT_H

#include <stdint.h>

#define REBUILD_BLOCKS   8u
#define REBUILD_CLOCK_MS 2u

/* The end of a run is its last twentieth: taking a program apart takes time in proportion to what
 * it built. It is at least 300 ms, as long as CPython needs to finalise a program that imported
 * much. */
#define RUN_END_SHARE 20u
#define RUN_END_MS    300u

/* So many milliseconds, or that share of a run of `run_ms`, where it is more. */
static inline uint64_t at_least_of_run(uint64_t run_ms, uint64_t ms, uint64_t share)
{
    return run_ms / share > ms ? run_ms / share : ms;
}

/* What a rebuilding may take, in milliseconds. */
static inline uint64_t rebuild_moment_ms(uint64_t run_ms)
{
    return at_least_of_run(run_ms, 50, 50);
}

/* The same where nothing was allocated meanwhile: the thread may have had to wait. */
static inline uint64_t rebuild_wait_ms(uint64_t run_ms)
{
    return at_least_of_run(run_ms, 1000, 5);
}

#endif
