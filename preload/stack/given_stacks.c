/*
 * The last ones, as a ring: see given_stacks.h. Who gives more than so many at a time has the first
 * ones forgotten, which matters only to threads that have not allocated yet.
 */
#include "given_stacks.h"

#include <stdatomic.h>

#define MOST_STACKS 256u
#define MOST_INNER  64u

/* Two threads may write to one place only after all others were written to meanwhile. */
struct given_stack {
    _Atomic uintptr_t start, end;
};

static struct given_stack stacks[MOST_STACKS], inner_stacks[MOST_INNER];
static _Atomic unsigned next, next_inner; /* count on */

static void note(struct given_stack *stack, uintptr_t start, size_t bytes)
{
    atomic_store(&stack->end, start);
    atomic_store(&stack->start, start);
    atomic_store(&stack->end, start + bytes);
}

static uintptr_t start_of(const struct given_stack *list, unsigned most, unsigned newest,
                          uintptr_t place)
{
    for (unsigned i = 1; i <= most && i <= newest; i++) {
        const struct given_stack *stack = &list[(newest - i) % most];
        uintptr_t start = atomic_load(&stack->start);
        if (place >= start && place < atomic_load(&stack->end))
            return start;
    }
    return 0;
}

void given_stacks_note(const void *lowest, size_t bytes)
{
    uintptr_t start = (uintptr_t)lowest;
    if (given_stacks_start(start) == start && given_stacks_start(start + bytes - 1) == start)
        return;
    note(&stacks[atomic_fetch_add(&next, 1) % MOST_STACKS], start, bytes);
}

uintptr_t given_stacks_start(uintptr_t place)
{
    return start_of(stacks, MOST_STACKS, atomic_load(&next), place);
}

void given_stacks_note_inner(const void *lowest, size_t bytes)
{
    uintptr_t start = (uintptr_t)lowest;
    if (bytes == 0 ||
        (given_stacks_inner(start) == start && given_stacks_inner(start + bytes - 1) == start))
        return;
    note(&inner_stacks[atomic_fetch_add(&next_inner, 1) % MOST_INNER], start, bytes);
}

uintptr_t given_stacks_inner(uintptr_t place)
{
    unsigned newest = atomic_load_explicit(&next_inner, memory_order_relaxed);
    return newest == 0 ? 0 : start_of(inner_stacks, MOST_INNER, newest, place);
}
