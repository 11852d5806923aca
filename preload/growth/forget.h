/*
 * Forgetting what was copied out of the program onto its own stack.
 *
 * The tracker's frames lie below the program's, and what they leave there is as much like an object
 * of the program as the object itself, but with the numbers of then: in 1 of 40 runs of four
 * threads a GHashTable was read by such a copy. So a copy of an object is wiped when it goes out of
 * scope, and no later search meets it.
 */
#ifndef HASHTRACK_FORGET_H
#define HASHTRACK_FORGET_H

#include <stddef.h>
#include <string.h>

/* Not left out by a compiler which sees that nobody reads it again. */
static inline void forget(void *copy, size_t bytes)
{
    memset(copy, 0, bytes);
    __asm__ volatile("" : : "r"(copy) : "memory");
}

/* Before the declaration of a local variable of that type, which has a function NAME_forget(). */
#define FORGOTTEN(name) __attribute__((cleanup(name##_forget)))

#endif
