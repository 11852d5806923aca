/*
 * A stack of our own to run on, where the thread's is too small for a snapshot: a signal handler's
 * alternate stack has 8 KiB, of which the kernel's frame takes up to 3.
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

#endif
