/*
 * Where a program's code makes a key of several fields of a record: see own_hashes.h. No
 * allocation.
 *
 * Such code loads two fields or more by one register and mixes what it loaded, or calls a function
 * that does; or it loads bytes of a text whose length stands beside it.
 */
#include <string.h>

#include "own_hashes.h"

#define RECORD_STEPS 400u
#define RECORD_TEXT  3000u

#ifdef __x86_64__

#include "own_sweep.h"

#define LEAST_LOADS 2u
#define PROLOGUE    12u /* instructions, of a function that keeps its arguments on the stack */

static bool loads_by(const struct machine_op *op, uint8_t base)
{
    if (op->from_place != MACHINE_MEMORY || op->base != base || op->index != MACHINE_NONE ||
        op->is_segment)
        return false;
    switch (op->kind) {
    case MACHINE_MOVE:
    case MACHINE_MOVE_SIGNED:
    case MACHINE_ADD:
    case MACHINE_OR:
    case MACHINE_AND:
    case MACHINE_SUBTRACT:
    case MACHINE_XOR:
    case MACHINE_MULTIPLY:
    case MACHINE_MULTIPLY_WIDE:
        return true;
    default:
        return false;
    }
}

static bool writes(const struct machine_op *op, uint8_t number)
{
    return op->to_place == MACHINE_REGISTER && (op->to & (MACHINE_REGISTERS - 1)) == number &&
           op->kind != MACHINE_COMPARE && op->kind != MACHINE_TEST;
}

static void note_load(struct own_record *record, const struct machine_op *op)
{
    for (uint32_t i = 0; i < record->loads; i++)
        if (record->load_at[i] == op->displacement)
            return;
    if (record->loads == OWN_LOADS)
        return;
    record->load_at[record->loads] = op->displacement;
    record->load_bytes[record->loads++] = op->from_width;
}

/* How much the function mixes that is called. */
static unsigned called_mixing(const struct sweep *sweep, const struct ahead *call)
{
    struct machine_op op;
    size_t room;
    uint64_t address = call->address + call->op.bytes + call->op.immediate;
    const unsigned char *code = machine_code_at(&sweep->own->code, address, &room);
    unsigned mixing = 0;
    for (uint32_t i = 0; code && i < NUMBER_AHEAD && mixing < NUMBER_SCORE; i++) {
        if (!machine_decode(code, room, &op) || op.kind == MACHINE_RETURN)
            break;
        mixing += mixes_by(&op);
        code += op.bytes;
        room -= op.bytes;
    }
    return mixing;
}

/* Goes ahead; notes fields for as long as the register leads to the record. */
static bool mixes_ahead(const struct sweep *sweep, struct own_record *record)
{
    uint32_t end = sweep->done + NUMBER_AHEAD;
    bool has_base = true;
    unsigned mixing = 0;
    end = end < sweep->decoded ? end : sweep->decoded;
    for (uint32_t i = sweep->done; i < end; i++) {
        const struct ahead *ahead = &sweep->ring[i % AHEAD];
        const struct machine_op *op = &ahead->op;
        if (op->kind == MACHINE_RETURN || op->kind == MACHINE_STOP)
            break;
        if (has_base && loads_by(op, record->base))
            note_load(record, op);
        has_base = has_base && !writes(op, record->base);
        mixing += op->kind == MACHINE_DIVIDE ? NUMBER_SCORE - 1 : mixes_by(op);
        record->is_text = record->is_text || (loads_byte(op) && !loads_by(op, record->base));
        if (op->kind == MACHINE_CALL && op->has_immediate && mixing < NUMBER_SCORE &&
            record->loads >= LEAST_LOADS)
            mixing += called_mixing(sweep, ahead);
    }
    return mixing >= NUMBER_SCORE;
}

static bool is_kept(const struct sweep *sweep, uint8_t number)
{
    const uint32_t end =
        sweep->done + PROLOGUE < sweep->decoded ? sweep->done + PROLOGUE : sweep->decoded;
    for (uint32_t i = sweep->done; i < end; i++) {
        const struct machine_op *op = &sweep->ring[i % AHEAD].op;
        if (op->kind == MACHINE_MOVE && op->to_place == MACHINE_MEMORY && op->width == 8 &&
            op->base == MACHINE_RBP && op->from_place == MACHINE_REGISTER && op->from == number)
            return true;
    }
    return false;
}

void own_records_begin(struct sweep *sweep)
{
    static const uint8_t arguments[] = {MACHINE_RDI, MACHINE_RSI, MACHINE_RDX};
    struct own_hashes *own = sweep->own;
    for (unsigned i = 0; i < sizeof(arguments) && own->records < OWN_RECORDS; i++) {
        struct own_record *record = &own->record[own->records];
        *record = (struct own_record){.address = ahead_at(sweep, sweep->done)->address,
                                      .base = arguments[i]};
        if (!is_kept(sweep, arguments[i]) || !mixes_ahead(sweep, record))
            continue;
        record->loads = 0;
        record->state = sweep->run->state;
        own->records++;
    }
}

void own_records_take(struct sweep *sweep)
{
    struct own_hashes *own = sweep->own;
    const struct ahead *here = ahead_at(sweep, sweep->done);
    const struct machine_state *state = &sweep->run->state;
    uint8_t base = here->op.base;
    if (own->records == OWN_RECORDS || base >= MACHINE_REGISTERS || base == MACHINE_RSP ||
        !loads_by(&here->op, base))
        return;
    bool is_unknown =
        state->known[base] == 0 || (base == MACHINE_RBP && state->registers[base] == MACHINE_FRAME);
    if (!is_unknown ||
        (sweep->tried_base[base] != 0 && sweep->done - sweep->tried_base[base] < AGAIN_AFTER))
        return;
    struct own_record *record = &own->record[own->records];
    *record = (struct own_record){.address = here->address, .base = base};
    sweep->tried_base[base] = sweep->done + 1;
    if (!mixes_ahead(sweep, record) || (record->loads < LEAST_LOADS && !record->is_text))
        return;
    record->state = *state;
    own->records++;
}

#endif

bool own_hash_record(struct own_hashes *own, const struct layout_view *view, uint32_t number,
                     const unsigned char *bytes, size_t length, int32_t base, unsigned char *read)
{
    const struct own_record *record = &own->record[number];
    struct machine_run *run = &own->run;
    uint32_t steps = record->is_text ? RECORD_TEXT : RECORD_STEPS;
    if (own->record_steps_left < steps)
        return false;
    run->code = &own->code;
    run->view = view;
    run->text = bytes;
    run->text_length = length;
    run->read = read;
    run->state = record->state;
    machine_begin(run);
    run->state.registers[record->base] = MACHINE_TEXT + (uint64_t)(int64_t)base;
    run->state.known[record->base] = 8;
    uint32_t taken = machine_go(run, record->address, steps);
    run->read = NULL;
    run->text = NULL;
    own->record_steps_left -= taken;
    own->record_steps_left_in_all -=
        taken < own->record_steps_left_in_all ? taken : own->record_steps_left_in_all;
    return true;
}
