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

/* Once, in the first thread of the process. */
void stack_extent_start(void);

/* Whether it is the thread that started us. */
bool stack_is_first_thread(void);

/* Where the stack ends that the thread began with, if `frame`, which is one of this thread's that
 * run now, lies on it: all in between is there. 0 also where that cannot be told cheaply. */
uintptr_t stack_extent_end(uintptr_t frame);

/* Whether there are STACK_ROOM_BYTES below `frame` on that stack: to unwind takes 7 KiB, to look at
 * a growth 10, and a thread may have begun with 16 (PTHREAD_STACK_MIN), of which its own variables
 * take most. A signal handler that comes meanwhile needs some, too. */
#define STACK_ROOM_BYTES 16384u
bool stack_has_room(uintptr_t frame);

#endif
