/*
 * Stacks that the program gave to its threads (pthread_attr_setstack). They may be small, and need
 * no page below them that cannot be read: where they end nothing shows. No lock.
 */
#ifndef HASHTRACK_GIVEN_STACKS_H
#define HASHTRACK_GIVEN_STACKS_H

#include <stddef.h>
#include <stdint.h>

/* A thread is about to be started on it. */
void given_stacks_note(const void *lowest, size_t bytes);

/* Where the one begins that was given last and has this place; 0: there is none. */
uintptr_t given_stacks_start(uintptr_t place);

/* The same for stacks of coroutines that lie on the stack of a thread. They stay noted when the
 * function whose variable it was has returned; what is then there only seems to have less room. */
void given_stacks_note_inner(const void *lowest, size_t bytes);
uintptr_t given_stacks_inner(uintptr_t place);

#endif
