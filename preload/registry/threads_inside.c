/*
 * The threads by the addresses of their state: see threads_inside.h. Stacks of ended threads are
 * used again, and what lies in them with them, so there are no more places than threads at a time.
 * What has no room is not waited for.
 */
#include "threads_inside.h"

#include <stdatomic.h>

#include "lock.h"
#include "reader.h"
#include "thread.h"

#define MOST_THREADS 1024u
#define MOST_PROBES  64u
#define PATIENCE_MS  2000u

static _Atomic uintptr_t states[MOST_THREADS]; /* by a hash of the address; 0: free */
static _Atomic bool any;

void thread_enrol(void)
{
    uintptr_t state = (uintptr_t)&thread_state;
    /* Stacks lie whole pages apart. */
    size_t first = (state >> 12) * 0x9E3779B97F4A7C15ull >> 54;
    thread_state.is_enrolled = 1;
    atomic_store_explicit(&any, true, memory_order_relaxed);
    for (unsigned probe = 0; probe < MOST_PROBES; probe++) {
        _Atomic uintptr_t *place = &states[(first + probe) % MOST_THREADS];
        uintptr_t there = atomic_load_explicit(place, memory_order_relaxed);
        if (there == state || (there == 0 && atomic_compare_exchange_strong(place, &there, state)))
            return;
    }
}

/* The memory of one that has ended may be gone. */
static bool is_inside(const struct memory_reader *reader, uintptr_t state)
{
    uint16_t inside = 0;
    return state != 0 && state != (uintptr_t)&thread_state &&
           reader->read(reader, state + offsetof(struct thread_state, inside), &inside,
                        sizeof(inside)) &&
           inside != 0;
}

static bool is_any_inside(const struct memory_reader *reader)
{
    for (unsigned i = 0; i < MOST_THREADS; i++)
        if (is_inside(reader, atomic_load_explicit(&states[i], memory_order_relaxed)))
            return true;
    return false;
}

/* It rests first: who saw that tracking goes on has said that it is inside by then (tracker.c). */
void threads_inside_wait(void)
{
    struct memory_reader reader = process_reader(0);
    uint64_t begin = system_monotonic_ms(), rests = LOCK_YIELDS;
    if (!atomic_load_explicit(&any, memory_order_relaxed))
        return;
    do
        lock_rest(rests++);
    while (is_any_inside(&reader) && system_monotonic_ms() - begin < PATIENCE_MS);
}

void threads_inside_forget(void)
{
    if (!atomic_load_explicit(&any, memory_order_relaxed))
        return;
    for (unsigned i = 0; i < MOST_THREADS; i++)
        atomic_store_explicit(&states[i], 0, memory_order_relaxed);
    atomic_store_explicit(&any, false, memory_order_relaxed);
    thread_state.is_enrolled = 0;
}
