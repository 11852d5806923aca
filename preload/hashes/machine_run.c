/*
 * Going through code: see machine_run.h. No allocation; every run ends after a number of steps.
 */
#include "machine_run.h"

#include <string.h>

#include "machine_step.h"
#include "machine_values.h"

#define UNKNOWN_JUMPS 2u /* that are taken to go straight on */
#define STUB_STEPS    3u /* from a call to a jump elsewhere */
#define STACK_MIDDLE  (MACHINE_STACK + MACHINE_STACK_BYTES / 2)

void machine_forget(struct machine_state *state)
{
    memset(state->known, 0, sizeof(state->known));
    state->keyed = 0;
    state->registers[MACHINE_RSP] = STACK_MIDDLE;
    state->registers[MACHINE_RBP] = MACHINE_FRAME;
    state->known[MACHINE_RSP] = state->known[MACHINE_RBP] = 8;
}

void machine_begin(struct machine_run *run)
{
    run->flags_known = 0;
    run->results = 0;
    run->hits = 0;
    run->code->runs++;
    memset(run->stack_known, 0, sizeof(run->stack_known));
    memset(run->stack_keyed, 0, sizeof(run->stack_keyed));
}

void machine_store(struct machine_run *run, uint64_t address, uint64_t value, unsigned bytes,
                   bool is_keyed)
{
    store(run, address, bytes, (struct value){value, true, is_keyed});
}

void machine_step(struct machine_run *run, const struct machine_op *op, uint64_t next)
{
    machine_take_step(run, op, next, NULL);
    /* Whatever happened to them: of these alone the addresses are known. */
    if (run->state.known[MACHINE_RSP] < 8 || run->state.known[MACHINE_RBP] < 8) {
        run->state.registers[MACHINE_RSP] = STACK_MIDDLE;
        run->state.registers[MACHINE_RBP] = MACHINE_FRAME;
        run->state.known[MACHINE_RSP] = run->state.known[MACHINE_RBP] = 8;
    }
}

const unsigned char *machine_code_at(const struct machine_code *code, uint64_t address,
                                     size_t *room)
{
    for (uint32_t i = 0; i < code->range_count; i++) {
        const struct machine_range *range = &code->ranges[i];
        if (address - range->start < range->bytes) {
            *room = range->bytes - (size_t)(address - range->start);
            return range->memory + (address - range->start);
        }
    }
    return NULL;
}

static struct machine_cached *fetch(struct machine_code *code, uint64_t address)
{
    struct machine_cached *cached = &code->cached[address % MACHINE_CACHED];
    size_t room;
    if (cached->address == address)
        return address != 0 ? cached : NULL;
    const unsigned char *bytes = machine_code_at(code, address, &room);
    cached->address = 0;
    if (!bytes || !machine_decode(bytes, room, &cached->op))
        return NULL;
    cached->address = address;
    cached->run = 0;
    return cached;
}

uint32_t machine_go(struct machine_run *run, uint64_t address, uint32_t steps)
{
    uint64_t callers[MACHINE_DEPTH];
    uint32_t depth = 0, unknown_jumps = 0, step = 0, called = 0;
    size_t room;
    run->has_returned = false;
    for (; step < steps; step++) {
        struct machine_cached *cached = fetch(run->code, address);
        if (!cached)
            break;
        const struct machine_op *op = &cached->op;
        uint64_t next = address + op->bytes;
        address = next;
        if (op->kind == MACHINE_STOP) {
            if (depth == 0 || step - called > STUB_STEPS)
                break;
            /* The stub of a function of another module. */
            machine_forget_called(run);
            run->state.registers[MACHINE_RSP] += 8;
            address = callers[--depth];
        } else if (op->kind == MACHINE_JUMP) {
            address = next + op->immediate;
        } else if (op->kind == MACHINE_JUMP_IF) {
            if (!machine_knows(run, op->condition) && unknown_jumps++ >= UNKNOWN_JUMPS)
                break;
            if (machine_knows(run, op->condition) && machine_is_met(run, op->condition))
                address = next + op->immediate;
        } else if (op->kind == MACHINE_CALL && op->has_immediate && depth < MACHINE_DEPTH &&
                   machine_code_at(run->code, next + op->immediate, &room)) {
            callers[depth++] = next;
            called = step;
            run->state.registers[MACHINE_RSP] -= 8;
            address = next + op->immediate;
        } else if (op->kind == MACHINE_RETURN) {
            run->has_returned = depth == 0;
            if (depth == 0)
                break;
            run->state.registers[MACHINE_RSP] += 8;
            address = callers[--depth];
        } else {
            machine_take_step(run, op, next, cached);
        }
        if (run->state.known[MACHINE_RSP] < 8 ||
            (run->stop_hits != 0 && run->hits == run->stop_hits))
            break;
    }
    return step;
}
