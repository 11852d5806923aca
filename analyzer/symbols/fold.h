/*
 * Which frames of a call stack a reader can do without: the allocator, the container's own
 * machinery, the way from the kernel to main(). What is left begins with the user's own line.
 */
#ifndef HASHTRACK_FOLD_H
#define HASHTRACK_FOLD_H

#include <stddef.h>

struct symbol_frame;

/* Sets `internal` in the frames of one stack, innermost first. When every frame is internal none is
 * marked: a stack is never folded away whole. */
void fold_mark(struct symbol_frame *frames, size_t count);

/* Why a function of that name in that module is folded ("C++ standard library"), NULL when it is
 * not. Either may be NULL. */
const char *fold_family(const char *function, const char *module);

#endif
