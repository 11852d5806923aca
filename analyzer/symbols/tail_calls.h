/*
 * Functions that left the stack before the end: one whose last act is a call is compiled at -O2 to
 * a jump, and its frame is gone by then. The call in the frame outside it still names it.
 */
#ifndef HASHTRACK_TAIL_CALLS_H
#define HASHTRACK_TAIL_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "function_symbols.h"
#include "machine_code.h"

#define TAIL_CALLS_MAX 8u

/* One module's side of a call. */
struct tail_side {
    struct function_symbols *symbols;
    struct machine_code *code;
};

/* A function that left the stack. */
struct tail_call {
    uint64_t entry; /* ELF virtual address of the function */
    uint64_t jump;  /* of the jump by which it left; 0 where that could be one of several */
};

/* The functions between two neighbouring frames, innermost first: the call that returns to
 * `return_address` of `outer` went to the last of them, the first of them jumped to the function of
 * `inner` that has `inner_address`. With `inner` NULL, to a function of the malloc family.
 *
 * The last one is certain, for the call says so. Those inside it are found where exactly one way
 * leads on. *in_inner says that the functions are of `inner`, not of `outer`. */
size_t tail_calls_find(const struct tail_side *outer, uint64_t return_address,
                       const struct tail_side *inner, uint64_t inner_address,
                       struct tail_call calls[TAIL_CALLS_MAX], bool *in_inner);

#endif
