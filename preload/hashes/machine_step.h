/*
 * What one instruction makes of registers, flags and stack; where it goes is machine_run.c's.
 */
#ifndef HASHTRACK_MACHINE_STEP_H
#define HASHTRACK_MACHINE_STEP_H

#include "machine_run.h"

/* Carries it out, but for jumps and returns. `next` is the address behind it; `cached`, where its
 * last result is kept, or NULL. */
void machine_take_step(struct machine_run *run, const struct machine_op *op, uint64_t next,
                       struct machine_cached *cached);

/* What a function that was called may have changed is not known any more. */
void machine_forget_called(struct machine_run *run);

/* Whether the flags tell if a condition is met, and whether it is. */
bool machine_knows(const struct machine_run *run, uint8_t condition);
bool machine_is_met(const struct machine_run *run, uint8_t condition);

#endif
