/*
 * The last ones, as a ring: see given_stacks.h. Who gives more than so many at a time has the first
 * ones forgotten, which matters only to threads that have not allocated yet.
 */
#include "given_stacks.h"

#include <stdatomic.h>

#define MOST_STACKS 256u

/* Two threads may write to one place only after 256 others were started meanwhile. */
static struct {
    _Atomic uintptr_t start, end;
} stacks[MOST_STACKS];

static _Atomic unsigned next; /* counts on */

void given_stacks_note(const void *lowest, size_t bytes)
{
    uintptr_t start = (uintptr_t)lowest;
    if (given_stacks_start(start) == start && given_stacks_start(start + bytes - 1) == start)
        return;
    unsigned place = atomic_fetch_add(&next, 1) % MOST_STACKS;
    atomic_store(&stacks[place].end, start);
    atomic_store(&stacks[place].start, start);
    atomic_store(&stacks[place].end, start + bytes);
}

uintptr_t given_stacks_start(uintptr_t place)
{
    unsigned newest = atomic_load(&next);
    for (unsigned i = 1; i <= MOST_STACKS && i <= newest; i++) {
        unsigned at = (newest - i) % MOST_STACKS;
        uintptr_t start = atomic_load(&stacks[at].start);
        if (place >= start && place < atomic_load(&stacks[at].end))
            return start;
    }
    return 0;
}
