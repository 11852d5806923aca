/*
 * From an allocation to a record: see tracker.h.
 */
#include "tracker.h"

#include <errno.h>
#include <string.h>
#include <sys/single_threaded.h>

#include "fingerprints.h"
#include "glibc.h"
#include "growth.h"
#include "growth_cleared.h"
#include "hot.h"
#include "own_stack.h"
#include "page.h"
#include "processor_state.h"
#include "python_frames.h"
#include "stack.h"
#include "stack_extent.h"
#include "stray_stack.h"
#include "tables.h"
#include "thread.h"

size_t tracker_threshold;
size_t tracker_chunk_threshold;

/* A lock that timed out this often belongs to a thread that is gone: waiting again and again would
 * slow the program down for nothing. */
#define TRACKER_MOST_LOCK_FAILURES 8

void tracker_stop(void)
{
    tracker_threshold = SIZE_MAX - 1;
    if (tracker_chunk_threshold != 0)
        tracker_chunk_threshold = SIZE_MAX & ~(size_t)7; /* all but blocks of the bootstrap arena */
}

static void stop_when_locks_are_lost(void)
{
    if (atomic_load_explicit(&hashtrack_registry.lock_failures, memory_order_relaxed) >=
        TRACKER_MOST_LOCK_FAILURES)
        tracker_stop();
}

static uint32_t thread_number(void)
{
    if (thread_state.number == 0)
        thread_state.number =
            1 + atomic_fetch_add_explicit(&hashtrack_registry.next_thread, 1, memory_order_relaxed);
    return thread_state.number;
}

/* False when the block is the loader's own: the thread-local variables of a thread, its table of
 * them, a list of modules. They belong to no code of the program and are no tables (trap 23). */
static HOT bool describe(struct array_record *array, void *address, size_t bytes, uint32_t flags)
{
    void *frames[STACK_MAX_FRAMES];
    errno = 0; /* libunwind repeats a call for as long as errno is EINTR, whoever left it there */
    uint32_t depth = (uint32_t)hashtrack_registry.settings.depth;
    struct stack_reading reading;
    uint32_t count = stack_read(frames, depth, &reading);
    if (reading.site.index == 0) {
        if (count == 0)
            counter_add(&hashtrack_registry.counters, COUNTER_STACKS_EMPTY);
        else if (stack_is_loader(frames[0]))
            return false;
        bool is_script;
        uint32_t all = python_frames_insert(frames, count, depth, &is_script);
        uint32_t site = registry_site(&hashtrack_registry, frames, all);
        uint32_t top = count ? (uint32_t)(uintptr_t)frames[0] : 0;
        if (!is_script) /* which line it is at does not show in the native stack */
            stack_is_site(&reading, site, top);
        reading.site.index = site;
        reading.site.top = top;
    }
    *array = (struct array_record){
        .address = (uint64_t)(uintptr_t)address,
        .bytes = bytes,
        .sequence = 1 + atomic_fetch_add_explicit(&hashtrack_registry.next_sequence, 1,
                                                  memory_order_relaxed),
        .born_ms = registry_now(&hashtrack_registry),
        .site = reading.site.index,
        .thread = thread_number(),
        .flags = flags,
        .frame_top = reading.site.top,
    };
    return true;
}

/* The array is gone, or has other contents: what it once held is not looked for any more. */
static void forget_contents(const struct array_record *array)
{
    if (array->fingerprint != 0)
        fingerprint_release(&hashtrack_registry, array->fingerprint, (uint32_t)array->sequence);
}

/* What one of the functions below was called for. */
struct call {
    struct reallocation *reallocation;
    void *address;
    size_t bytes;
    uint32_t flags;
};

/* A thread that is about to enter may be held up while another one stops the tracker and sees that
 * nobody is inside (threads_inside.h): so it says first that it is, and looks again. */
static inline bool enter(void)
{
    if (!thread_enter())
        return false;
    if (tracker_running())
        return true;
    thread_leave();
    return false;
}

/* Inside the tracker. The stack of a fiber may have a few KiB, which is not to be seen from it, and
 * a thread's own one may be used up. */
static inline void run(void (*work)(void *), struct call *call)
{
    int saved_errno = errno;
    struct processor_state state = processor_state_enter();
    if (stack_has_room(thread_state.entered_at))
        work(call);
    else
        own_stack_run_with_room(work, call);
    stop_when_locks_are_lost();
    processor_state_restore(state);
    errno = saved_errno;
}

static HOT void allocated(void *argument)
{
    const struct call *call = argument;
    struct array_record array;
    uint32_t index = 0;
    if (__libc_single_threaded) /* else what other threads are writing to would be fetched */
        registry_fetch(&hashtrack_registry, (uint64_t)(uintptr_t)call->address);
    if (describe(&array, call->address, call->bytes, call->flags))
        index = registry_insert(&hashtrack_registry, &array);
    if (index != 0)
        growth_born(&hashtrack_registry, index, &array);
}

ALIGNS_STACK HOT void tracker_allocated(void *address, size_t bytes, uint32_t flags)
{
    if (!address || !tracker_running())
        return;
    if (!enter()) {
        if (!thread_state.unwinding && tracker_running())
            counter_add(&hashtrack_registry.counters, COUNTER_NESTED);
        return;
    }
    run(allocated, &(struct call){.address = address, .bytes = bytes, .flags = flags});
    thread_leave();
}

static HOT void freeing(void *argument)
{
    const struct call *call = argument;
    uint64_t start = (uint64_t)(uintptr_t)call->address;
    struct array_record array;
    uint32_t index = registry_remove_plain(&hashtrack_registry, start, &array);
    bool is_removed = index != 0 && array.fingerprint == 0;
    if (index != 0 && !is_removed) {
        growth_look(&hashtrack_registry, index, &array, true);
        is_removed = registry_remove(&hashtrack_registry, start, &array);
    }
    if (is_removed) {
        growth_dying(&hashtrack_registry, &array);
        forget_contents(&array);
    }
}

ALIGNS_STACK HOT void tracker_freeing(void *address)
{
    if (!tracker_running() || !enter())
        return;
    run(freeing, &(struct call){.address = address});
    thread_leave();
}

static void reallocating(void *argument)
{
    const struct call *call = argument;
    struct reallocation *reallocation = call->reallocation;
    struct array_record *old = &reallocation->old;
    uint64_t start = (uint64_t)(uintptr_t)call->address;
    uint32_t index = registry_find(&hashtrack_registry, start, old);
    if (index == 0)
        return;
    if (old->fingerprint != 0)
        growth_look(&hashtrack_registry, index, old, true);
    reallocation->tracked = registry_remove(&hashtrack_registry, start, old);
    if (reallocation->tracked)
        forget_contents(old);
    if (reallocation->tracked && call->bytes != 0)
        old->fingerprint = growth_fingerprint(&hashtrack_registry, old, call->bytes);
    else if (reallocation->tracked)
        growth_dying(&hashtrack_registry, old); /* realloc(p, 0) frees (trap 12) */
}

ALIGNS_STACK void tracker_reallocating(struct reallocation *reallocation, void *address,
                                       size_t bytes)
{
    reallocation->tracked = false;
    if (!tracker_running() || !enter())
        return;
    run(reallocating,
        &(struct call){.reallocation = reallocation, .address = address, .bytes = bytes});
    thread_leave();
}

static void reallocated(void *argument)
{
    const struct call *call = argument;
    struct array_record *old = &call->reallocation->old;
    bool was_tracked = call->reallocation->tracked;
    if (!call->address) {
        /* It failed and the old block stays as it was; with size 0 it succeeded and the block is
         * gone, and nothing came back either. */
        if (was_tracked && call->bytes != 0)
            registry_insert(&hashtrack_registry, old);
    } else if (call->bytes >= tracker_threshold) {
        struct array_record array;
        uint32_t index = 0;
        if (describe(&array, call->address, call->bytes, call->flags | ARRAY_REALLOCED)) {
            if (was_tracked) {
                array.table = old->table;
                array.fingerprint = old->fingerprint;
            }
            index = registry_insert(&hashtrack_registry, &array);
        }
        if (index == 0 && was_tracked) {
            tables_abandon_array(&hashtrack_registry, old);
            forget_contents(old);
        } else if (index != 0 && was_tracked) {
            growth_reallocated(&hashtrack_registry, index, old, &array);
        } else if (index != 0) {
            growth_born(&hashtrack_registry, index, &array);
        }
    } else { /* it shrank below the threshold */
        tables_abandon_array(&hashtrack_registry, old);
        forget_contents(old);
    }
}

ALIGNS_STACK void tracker_reallocated(struct reallocation *reallocation, void *address,
                                      size_t bytes, uint32_t flags)
{
    if (!tracker_running() || (!reallocation->tracked && (!address || bytes < tracker_threshold)))
        return;
    if (!enter())
        return;
    run(reallocated,
        &(struct call){
            .reallocation = reallocation, .address = address, .bytes = bytes, .flags = flags});
    thread_leave();
}

static void unmapping(void *argument)
{
    const struct call *call = argument;
    struct array_record array;
    uint64_t start = (uint64_t)(uintptr_t)call->address, end = start + call->bytes;
    /* One call may unmap several mappings that lie side by side. */
    while (start < end && registry_remove(&hashtrack_registry, start, &array)) {
        if (end - start >= array.bytes) {
            growth_dying(&hashtrack_registry, &array);
        } else {
            counter_add(&hashtrack_registry.counters, COUNTER_MAPPINGS_SPLIT);
            tables_abandon_array(&hashtrack_registry, &array);
        }
        forget_contents(&array);
        start += (array.bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    }
}

ALIGNS_STACK void tracker_unmapping(void *address, size_t bytes)
{
    if (!tracker_running() || !enter())
        return;
    run(unmapping, &(struct call){.address = address, .bytes = bytes});
    thread_leave();
}

static void filling(void *argument)
{
    const struct call *call = argument;
    struct array_record array;
    uint32_t index = registry_find(&hashtrack_registry, (uint64_t)(uintptr_t)call->address, &array);
    if (index != 0)
        growth_clearing(&hashtrack_registry, index, &array, call->bytes);
}

ALIGNS_STACK void tracker_filling(void *address, size_t bytes)
{
    if (!tracker_running() || !enter())
        return;
    run(filling, &(struct call){.address = address, .bytes = bytes});
    thread_leave();
}
