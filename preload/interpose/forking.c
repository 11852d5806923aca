/*
 * Fork handlers: see forking.h. All locks of the registry are held over a fork, but for a process
 * in a sandbox, where nothing is tracked and a system call may be deadly.
 */
#include "forking.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/single_threaded.h>

#include "glibc.h"
#include "lifecycle.h"
#include "own_mappings.h"
#include "own_stack.h"
#include "scratch.h"
#include "stack.h"
#include "thread.h"
#include "threads_inside.h"
#include "tracker.h"

/* Two threads may fork at once (glibc 2.36 runs the handlers without a lock), so each remembers how
 * far its own fork has come. */
enum fork_stage {
    FORK_NOT_PREPARED, /* a signal handler forks, in the middle of the tracker; or in a sandbox */
    FORK_ENTERED,      /* a lock was not to be had */
    FORK_PREPARED,     /* all locks are held */
};

static bool was_single_threaded; /* when fork was called */

/* A shell forks for each pair of brackets: what such a child has is its parent's, and a dump of it
 * took four times as long as all else that it did. Of a child that got and gave back nothing
 * tracked in so much processor time the parent's dump tells all. Not where the parent has ended
 * before: daemon() ends it inside libc, by an _exit that nobody interposes, and it may have been
 * killed. */
#define UNCHANGED_MOST_NS 10000000u

static struct {
    bool is_known;
    uint32_t parent;
    uint64_t sequence, bytes;
} when_forked;

static void note_forked(bool is_known, uint32_t parent)
{
    when_forked.is_known = is_known;
    when_forked.parent = parent;
    when_forked.sequence = atomic_load(&hashtrack_registry.next_sequence);
    when_forked.bytes = atomic_load(&hashtrack_registry.tracked_bytes);
}

/* A birth changes the one, a death the other. */
bool forking_is_as_forked(void)
{
    return when_forked.is_known &&
           atomic_load(&hashtrack_registry.next_sequence) == when_forked.sequence &&
           atomic_load(&hashtrack_registry.tracked_bytes) == when_forked.bytes &&
           system_clock_ns(CLOCK_PROCESS_CPUTIME_ID) < UNCHANGED_MOST_NS &&
           (uint32_t)system_call(SYS_getppid, 0, 0, 0, 0) == when_forked.parent;
}

static void before_fork(void)
{
    was_single_threaded = __libc_single_threaded;
    thread_state.forking = FORK_NOT_PREPARED;
    if (!lifecycle_is_sandboxed() && thread_enter())
        thread_state.forking =
            registry_lock_all(&hashtrack_registry) ? FORK_PREPARED : FORK_ENTERED;
}

static void after_fork_in_parent(void)
{
    if (thread_state.forking == FORK_PREPARED)
        registry_unlock_all(&hashtrack_registry);
    if (thread_state.forking != FORK_NOT_PREPARED)
        thread_leave();
}

static void after_fork_in_child(void)
{
    registry_reset_locks(&hashtrack_registry);
    if (lifecycle_is_sandboxed() && thread_state.forking == FORK_NOT_PREPARED)
        return; /* to ask for the process's number may be deadly */
    uint32_t parent = hashtrack_registry.pid;
    lifecycle_begin_again();
    own_stack_after_fork();
    own_mappings_lock_future(false); /* a child inherits no locks on memory */
    threads_inside_forget();
    if (!was_single_threaded)
        stack_after_fork();
    if (thread_state.forking == FORK_PREPARED) {
        scratch_after_fork();
    } else {
        counter_add(&hashtrack_registry.counters, COUNTER_LOCKS_TIMED_OUT);
        tracker_stop();
    }
    note_forked(thread_state.forking == FORK_PREPARED, parent);
    lifecycle_note_process(PROCESS_FORKED);
    if (thread_state.forking != FORK_NOT_PREPARED)
        thread_leave();
}

void forking_start(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
