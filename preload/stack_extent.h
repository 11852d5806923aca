/*
 * Which part of this thread's stack is certainly there.
 *
 * Who looks at a place of the stack far above its own frame cannot be sure that there is one: a
 * fiber's stack may end before it. To ask the kernel costs 0.1 µs a page, and a compiler's stacks
 * are several pages deep. But from its first frame down to the one that runs, the stack that a
 * thread began with stays as long as the thread does, so its pages are asked about once.
 */
#ifndef HASHTRACK_STACK_EXTENT_H
#define HASHTRACK_STACK_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

/* Whether all from `frame`, which is one of this thread's that run now, up to `end` lies on the
 * stack that the thread began with. False also where that cannot be told cheaply. */
bool stack_extent_has(uintptr_t frame, uintptr_t end);

#endif
