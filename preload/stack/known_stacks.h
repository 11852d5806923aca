/*
 * Call stacks that were unwound before.
 *
 * Unwinding costs a program that allocates large blocks all the time a microsecond each, which is
 * most of what tracking a block costs. But the same stacks come back. So for each that was seen a
 * few times it is written down in which places of the stack its return addresses lie. When the
 * tracker is entered at the same depth by the same thread and all those places hold the same
 * addresses, it is the same stack: each address proves that the function it leads
 * into is active there, and that the next one lies where it lay. Of the addresses a hash is kept.
 */
#ifndef HASHTRACK_KNOWN_STACKS_H
#define HASHTRACK_KNOWN_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KNOWN_STACK_FRAMES 40u /* deeper ones are unwound each time */

/* A stack as seen from a frame of ours, the one that asks. */
struct stack_place {
    uintptr_t frame; /* its address: the saved frame pointer, then the return address */
    uint32_t thread;
    uint32_t caller; /* anything that tells callers at the same depth apart */
    uint64_t inner;  /* likewise */
    uintptr_t end;   /* up to here the stack is there (stack_extent.h); 0: who knows */
};

/* Once, before any other call. Without memory for it nothing is ever known. */
void known_stacks_start(void);

/* Where they are kept; 0 bytes when memory was refused. */
const void *known_stacks_memory(size_t *bytes);

/* What became of a stack: known_stacks_tell. */
struct stack_site {
    uint32_t index; /* in the registry; 0: not told yet */
    uint32_t top;   /* low half of the innermost address outside of this library */
    uint32_t way;   /* which of those at its place */
    uint64_t hash;  /* of its addresses; 0: it is not known */
};

/* The return addresses from that frame on, innermost first; 0 when the stack is not known. When its
 * site is, they are left out. */
uint32_t known_stacks_find(const struct stack_place *place, void **addresses,
                           struct stack_site *site);

/* This is the site of the stack that was found. */
void known_stacks_tell(const struct stack_place *place, const struct stack_site *site);

/* It was unwound. How often that has happened lately; 0: it will not be known. */
uint32_t known_stacks_saw(const struct stack_place *place, void *const *addresses, uint32_t count);

/* The addresses lie in these places, in bytes from the frame: multiples of 8, upwards. */
void known_stacks_keep(const struct stack_place *place, void *const *addresses,
                       const uint32_t *offsets, uint32_t count);

#endif
