/*
 * The lines of Python that are being executed, for call stacks: a dict that grows is grown by a
 * line of a script, not by the interpreter.
 */
#ifndef HASHTRACK_PYTHON_FRAMES_H
#define HASHTRACK_PYTHON_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/* Finds CPython where the program has it; before this, and without it, nothing below does anything.
 * Called once, while no lock is held. */
void python_frames_start(void);

/* Puts the innermost lines of Python that this thread is executing into its call stack: behind the
 * first frame of the interpreter's loop. `frames` has room for `depth`; returns how many there are
 * now, and in *is_script whether the stack leads through that loop at all. Must not be called under
 * a lock. */
uint32_t python_frames_insert(void **frames, uint32_t count, uint32_t depth, bool *is_script);

#endif
