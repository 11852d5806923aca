/*
 * Behind the calls of hash functions: see own_callbacks.h. No state but that of the own_hashes; no
 * allocation.
 */
#include "own_callbacks.h"

#include <string.h>

#define CALLBACK_STEPS 160u /* a number of eight bytes, hashed byte by byte */
#define LEAST_MIXING   2u   /* hash ^ hash >> 16 */

void own_callbacks_take(struct sweep *sweep)
{
    const uint32_t most = sweep->done + NUMBER_AHEAD;
    const uint32_t end = most < sweep->decoded ? most : sweep->decoded;
    const struct ahead *call = ahead_at(sweep, sweep->done);
    struct own_hashes *own = sweep->own;
    unsigned mixing = 0;
    if (call->op.kind != MACHINE_CALL || call->op.has_immediate || own->callbacks == OWN_CALLBACKS)
        return;
    for (uint32_t i = sweep->done + 1; i < end && mixing < LEAST_MIXING; i++) {
        const struct ahead *ahead = ahead_at(sweep, i);
        const struct machine_op *op = &ahead->op;
        if (op->kind == MACHINE_RETURN || op->kind == MACHINE_STOP ||
            (op->kind == MACHINE_CALL && !op->has_immediate))
            break;
        mixing += op->kind == MACHINE_CALL ? own_called_mixing(sweep, ahead) : mixes_by(op);
    }
    if (mixing >= LEAST_MIXING)
        own->callback[own->callbacks++] = call->address + call->op.bytes;
}

uint32_t own_callbacks_go(struct own_hashes *own)
{
    struct machine_run *run = &own->run;
    const uint64_t returned = run->state.registers[MACHINE_RAX];
    const uint8_t known = run->state.known[MACHINE_RAX];
    uint32_t steps = 0;
    if (!run->has_returned || known < 4 || !(run->state.keyed >> MACHINE_RAX & 1))
        return 0;
    for (uint32_t i = 0; i < own->callbacks; i++) {
        machine_forget(&run->state);
        memset(run->stack_known, 0, sizeof(run->stack_known));
        memset(run->stack_keyed, 0, sizeof(run->stack_keyed));
        run->flags_known = 0;
        run->state.registers[MACHINE_RAX] = returned;
        run->state.known[MACHINE_RAX] = known;
        run->state.keyed = 1u << MACHINE_RAX;
        steps += machine_go(run, own->callback[i], CALLBACK_STEPS);
    }
    return steps;
}
