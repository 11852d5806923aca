/*
 * A stack of our own to run on, where the program's may be too small: a signal handler's alternate
 * stack has 8 KiB, of which the kernel's frame takes up to 3; the stacks of coroutines have what
 * their program needs. To unwind takes 7 KiB, to look at a growth 9, a snapshot 6 (measured).
 */
#ifndef HASHTRACK_OWN_STACK_H
#define HASHTRACK_OWN_STACK_H

#include <stdbool.h>
#include <stddef.h>

struct own_stack {
    void *memory;
    size_t bytes;
};

/* False when there is no memory for it. */
bool own_stack_map(struct own_stack *stack);
void own_stack_unmap(struct own_stack *stack);

/* Runs the function on it. No signal may arrive meanwhile: the kernel believes that the alternate
 * stack is left, and would put the next handler's frame where those of this one still are. */
void own_stack_run(const struct own_stack *stack, void (*function)(void *), void *argument);

/* Runs the function on one of a few stacks that all threads share, with all signals held: for a
 * stack of unknown size. When none is to be had it runs where it is, and thread_state.stack says
 * so: then nothing is unwound, and no growth looked at. The alternate stack of a signal handler
 * is not left. */
void own_stack_run_with_room(void (*function)(void *), void *argument);

/* Where the shared ones lie; NULL and 0 when none was needed. */
const void *own_stack_memory(size_t *bytes);

/* In the child of a fork: nobody is on them. */
void own_stack_after_fork(void);

#endif
