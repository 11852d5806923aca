/*
 * How large the frames of functions are, by the addresses at which they go on.
 *
 * To find where the return addresses of a stack lie, libunwind's cursor takes some ten times as
 * long as unwinding. But nearly every frame has one size at each place of its function; once the
 * cursor has been there, the next stack with the same address in it needs no cursor. A wrong size
 * is found out: the place does not hold the address that was unwound.
 *
 * A table of fixed size, no lock: an entry is one word.
 */
#ifndef HASHTRACK_FRAME_SIZES_H
#define HASHTRACK_FRAME_SIZES_H

#include <stdbool.h>
#include <stdint.h>

/* Once, before any other call. Without memory for it nothing is ever known. */
void frame_sizes_start(void);

/* These addresses lie in these places, in bytes from some frame of ours. */
void frame_sizes_learn(void *const *addresses, const uint32_t *offsets, uint32_t count);

/* The first address from which on all sizes are known: its place has to be. 0: that of the first.
 */
uint32_t frame_sizes_known_from(void *const *addresses, uint32_t count);

/* Sets the offsets behind that one, if all sizes are known and each place holds its address. Of the
 * stack all from `frame` up to `end` is there. */
bool frame_sizes_find(uintptr_t frame, uintptr_t end, void *const *addresses, uint32_t from,
                      uint32_t count, uint32_t *offsets);

/* A hash of the return addresses behind that of the frame at `first`, which saved its frame
 * pointer, as far as sizes are known and at most so many. Up to `end` the stack is there. A guess,
 * to tell stacks apart quickly. */
uint64_t frame_sizes_hash(uintptr_t first, uintptr_t end, uint32_t most);

#endif
