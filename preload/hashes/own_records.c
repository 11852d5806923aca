/*
 * Where a program's code makes a key of several fields of a record: see own_hashes.h. No
 * allocation.
 *
 * Such code loads two fields or more by one register and mixes what it loaded, or calls a function
 * that does; or it loads bytes of a text whose length stands beside it.
 */
#include <string.h>

#include "own_callbacks.h"
#include "own_hashes.h"

#define RECORD_STEPS 400u
#define RECORD_TEXT  3000u
#define STACK_STEPS  1000u /* structures are shorter than text */

#ifdef __x86_64__

#include "own_sweep.h"

#define LEAST_LOADS 2u
#define MOST_KEY    128 /* bytes of a record that are hashed one by one */
#define PROLOGUE    12u /* instructions, of a function that keeps its arguments on the stack */

/* Loads through one register and a distance: a field. */
static bool loads_field(const struct machine_op *op)
{
    if (op->from_place != MACHINE_MEMORY || op->base >= MACHINE_REGISTERS ||
        op->base == MACHINE_RSP || op->index != MACHINE_NONE || op->is_segment)
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

static bool is_unknown(const struct machine_state *state, uint8_t number)
{
    return number < MACHINE_REGISTERS && number != MACHINE_RSP &&
           (state->known[number] == 0 ||
            (number == MACHINE_RBP && state->registers[number] == MACHINE_FRAME));
}

/* Which register each register's value was in at first; MACHINE_NONE: in none. */
struct origins {
    uint8_t of[MACHINE_REGISTERS];
};

static void follow(struct origins *origins, const struct machine_op *op)
{
    static const uint8_t clobbered[] = {MACHINE_RAX, MACHINE_RCX, MACHINE_RDX,
                                        MACHINE_RSI, MACHINE_RDI, MACHINE_R8,
                                        MACHINE_R9,  10,          11};
    uint8_t to = op->to & (MACHINE_REGISTERS - 1);
    if (op->kind == MACHINE_CALL)
        for (unsigned i = 0; i < sizeof(clobbered); i++)
            origins->of[clobbered[i]] = MACHINE_NONE;
    if (op->to_place != MACHINE_REGISTER || op->kind == MACHINE_COMPARE || op->kind == MACHINE_TEST)
        return;
    bool is_copy = op->kind == MACHINE_MOVE && op->from_place == MACHINE_REGISTER && op->width == 8;
    origins->of[to] = is_copy ? origins->of[op->from & (MACHINE_REGISTERS - 1)] : MACHINE_NONE;
}

/* A field of the record; or a word by another register, which may lead to the table's object, where
 * there is a seed. */
static void note_field(const struct sweep *sweep, struct own_record *record,
                       const struct machine_op *op, uint8_t origin)
{
    if (origin == record->base) {
        note_load(record, op);
        return;
    }
    if (!is_unknown(&sweep->run->state, origin) ||
        (record->object != MACHINE_NONE && record->object != origin))
        return;
    record->object = origin;
    if (op->from_width == 8 && record->object_loads < OWN_LOADS)
        record->object_at[record->object_loads++] = op->displacement;
}

unsigned own_called_mixing(const struct sweep *sweep, const struct ahead *call)
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

/* Whether the instruction moves on the register by which a byte was loaded: through a key that is
 * hashed byte by byte. */
static bool walks(const struct machine_op *op, uint16_t loaded_by)
{
    bool is_step =
        op->kind == MACHINE_INCREMENT ||
        (op->kind == MACHINE_ADD && op->from_place == MACHINE_IMMEDIATE && op->immediate == 1) ||
        (op->kind == MACHINE_ADDRESS && op->base == op->to && op->index == MACHINE_NONE &&
         op->displacement == 1);
    return is_step && op->to_place == MACHINE_REGISTER &&
           loaded_by >> (op->to & (MACHINE_REGISTERS - 1)) & 1;
}

/* Goes ahead, and notes what is loaded. */
static bool mixes_ahead(const struct sweep *sweep, struct own_record *record)
{
    const uint32_t most = sweep->done + NUMBER_AHEAD;
    const uint32_t end = most < sweep->decoded ? most : sweep->decoded;
    struct origins origins;
    unsigned mixing = 0;
    uint16_t bytes_by = 0; /* registers */
    for (uint8_t i = 0; i < MACHINE_REGISTERS; i++)
        origins.of[i] = i;
    for (uint32_t i = sweep->done; i < end; i++) {
        const struct ahead *ahead = &sweep->ring[i % AHEAD];
        const struct machine_op *op = &ahead->op;
        if (op->kind == MACHINE_RETURN || op->kind == MACHINE_STOP)
            break;
        bool is_field = loads_field(op) && origins.of[op->base] != MACHINE_NONE;
        if (is_field)
            note_field(sweep, record, op, origins.of[op->base]);
        if (loads_byte(op) && op->base < MACHINE_REGISTERS)
            bytes_by |= (uint16_t)(1u << op->base);
        record->is_text = record->is_text || (loads_byte(op) && !is_field) || walks(op, bytes_by);
        mixing += op->kind == MACHINE_DIVIDE ? NUMBER_SCORE - 1 : mixes_by(op);
        if (op->kind == MACHINE_CALL && op->has_immediate && mixing < NUMBER_SCORE &&
            record->loads >= LEAST_LOADS)
            mixing += own_called_mixing(sweep, ahead);
        follow(&origins, op);
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

static bool try_base(struct sweep *sweep, uint8_t base, bool is_argument)
{
    struct own_hashes *own = sweep->own;
    if (own->records == OWN_RECORDS)
        return false;
    struct own_record *record = &own->record[own->records];
    *record = (struct own_record){
        .address = ahead_at(sweep, sweep->done)->address, .base = base, .object = MACHINE_NONE};
    if (!mixes_ahead(sweep, record))
        return false;
    if (record->loads < LEAST_LOADS && !record->is_text && record->object_loads < LEAST_LOADS &&
        !is_argument)
        return false;
    record->state = sweep->run->state;
    own->records++;
    return true;
}

void own_records_begin(struct sweep *sweep)
{
    static const uint8_t arguments[] = {MACHINE_RDI, MACHINE_RSI, MACHINE_RDX};
    for (unsigned i = 0; i < sizeof(arguments); i++)
        if (try_base(sweep, arguments[i], is_kept(sweep, arguments[i]))) {
            sweep->own->record[sweep->own->records - 1].is_argument = true;
            sweep->tried_base[arguments[i]] = sweep->done + 1;
        }
}

/* Whether a key begins there that is gone through byte by byte: where its first is loaded, or where
 * it ends is made out. */
static bool begins_bytes(const struct machine_op *op)
{
    return op->base < MACHINE_REGISTERS && op->base != MACHINE_RSP &&
           (loads_byte(op) || (op->kind == MACHINE_ADDRESS && op->index == MACHINE_NONE &&
                               op->displacement > 0 && op->displacement <= MOST_KEY));
}

/* Whether what the instruction is about is on the stack. */
static bool is_on_stack(const struct machine_state *state, const struct machine_op *op,
                        uint64_t *at)
{
    bool is_index = op->index != MACHINE_NONE;
    if (op->base >= MACHINE_REGISTERS || op->is_segment || is_unknown(state, op->base) ||
        state->known[op->base] < 8 ||
        (is_index && (op->index >= MACHINE_REGISTERS || state->known[op->index] < 8)))
        return false;
    *at = state->registers[op->base] + (uint64_t)(int64_t)op->displacement +
          (is_index ? state->registers[op->index] << op->scale : 0);
    return *at - MACHINE_STACK < MACHINE_STACK_BYTES;
}

/* Whether a second word is loaded that lies beside the one that this instruction loads. */
static bool loads_beside(const struct sweep *sweep, const struct machine_op *first)
{
    if (first->kind != MACHINE_MOVE || first->from_place != MACHINE_MEMORY ||
        first->from_width < 4 || first->base != MACHINE_RSP || first->index != MACHINE_NONE)
        return false;
    const uint32_t most = sweep->done + NUMBER_AHEAD;
    const uint32_t end = most < sweep->decoded ? most : sweep->decoded;
    for (uint32_t i = sweep->done + 1; i < end; i++) {
        const struct machine_op *op = &sweep->ring[i % AHEAD].op;
        if (op->kind == MACHINE_RETURN || op->kind == MACHINE_STOP)
            break;
        if (op->from_place == MACHINE_MEMORY && op->base == MACHINE_RSP &&
            op->index == MACHINE_NONE &&
            op->displacement == first->displacement + first->from_width)
            return true;
    }
    return false;
}

/* A key that was put together where it is hashed: bytes of it are loaded there, or words, from the
 * first on. */
static void take_from_stack(struct sweep *sweep, const struct machine_op *op, uint64_t at)
{
    struct own_hashes *own = sweep->own;
    const struct machine_state *state = &sweep->run->state;
    bool is_word = loads_beside(sweep, op);
    if ((!loads_byte(op) && !is_word) || own->records == OWN_RECORDS ||
        (sweep->tried_stack == at && sweep->done - sweep->tried_stack_when < AGAIN_AFTER))
        return;
    struct own_record *record = &own->record[own->records];
    *record = (struct own_record){.address = ahead_at(sweep, sweep->done)->address,
                                  .base = MACHINE_RSP,
                                  .stack_at = at,
                                  .object = MACHINE_NONE,
                                  .state = *state};
    if (!mixes_ahead(sweep, record) || (!record->is_text && !is_word))
        return;
    record->is_text = true;
    sweep->tried_stack = at;
    sweep->tried_stack_when = sweep->done;
    own->records++;
}

void own_records_take(struct sweep *sweep)
{
    const struct machine_op *op = &ahead_at(sweep, sweep->done)->op;
    uint8_t base = op->base;
    uint64_t at;
    if (is_on_stack(&sweep->run->state, op, &at)) {
        take_from_stack(sweep, op, at);
        return;
    }
    if ((!loads_field(op) && !begins_bytes(op)) || !is_unknown(&sweep->run->state, base) ||
        (sweep->tried_base[base] != 0 && sweep->done - sweep->tried_base[base] < AGAIN_AFTER))
        return;
    sweep->tried_base[base] = sweep->done + 1;
    if (!try_base(sweep, base, false))
        return;
    /* The one that is loaded from first may be the object, and the record what comes then. */
    uint8_t other = sweep->own->record[sweep->own->records - 1].object;
    if (other != MACHINE_NONE)
        try_base(sweep, other, false);
}

/* Whether the called function mixes what it loads by its first argument. */
static bool mixes_argument(const struct sweep *sweep, const struct ahead *call,
                           struct own_record *record)
{
    struct machine_op op;
    struct origins origins;
    size_t room;
    const uint64_t address = call->address + call->op.bytes + call->op.immediate;
    const unsigned char *code = machine_code_at(&sweep->own->code, address, &room);
    unsigned mixing = 0;
    bool is_loaded = false;
    for (uint8_t i = 0; i < MACHINE_REGISTERS; i++)
        origins.of[i] = i;
    for (uint32_t i = 0; code && i < NUMBER_AHEAD; i++) {
        if (!machine_decode(code, room, &op) || op.kind == MACHINE_STOP)
            break;
        if (op.from_place == MACHINE_MEMORY && op.base < MACHINE_REGISTERS &&
            origins.of[op.base] == MACHINE_RDI) {
            is_loaded = true;
            record->is_text = record->is_text || loads_byte(&op);
            if (loads_field(&op))
                note_load(record, &op);
        }
        mixing += mixes_by(&op);
        follow(&origins, &op);
        code += op.bytes;
        room -= op.bytes;
    }
    return is_loaded && mixing >= NUMBER_SCORE;
}

/* The length is known where the function is called, or it is not known at all. */
void own_records_call(struct sweep *sweep)
{
    const struct ahead *call = ahead_at(sweep, sweep->done);
    const struct machine_state *state = &sweep->run->state;
    struct own_hashes *own = sweep->own;
    if (call->op.kind != MACHINE_CALL || !call->op.has_immediate || own->records == OWN_RECORDS)
        return;
    const struct called called = {call->address + call->op.bytes + call->op.immediate,
                                  state->known[MACHINE_RSI] == 8 ? state->registers[MACHINE_RSI]
                                                                 : 0};
    for (uint32_t i = 0; i < sweep->called_count; i++)
        if (sweep->called[i].address == called.address && sweep->called[i].second == called.second)
            return;
    if (sweep->called_count == MOST_CALLED)
        return;
    struct own_record *record = &own->record[own->records];
    *record = (struct own_record){
        .address = call->address, .base = MACHINE_RDI, .object = MACHINE_NONE, .state = *state};
    if (!mixes_argument(sweep, call, record))
        return;
    sweep->called[sweep->called_count++] = called;
    own->records++;
}

#endif

bool own_hash_record(struct own_hashes *own, const struct layout_view *view, uint32_t number,
                     const unsigned char *bytes, size_t length, int32_t base, uint64_t object,
                     unsigned char *read)
{
    const struct own_record *record = &own->record[number];
    struct machine_run *run = &own->run;
    uint32_t steps = record->stack_at != 0 ? STACK_STEPS
                     : record->is_text     ? RECORD_TEXT
                                           : RECORD_STEPS;
    if (own->record_steps_left < steps)
        return false;
    run->code = &own->code;
    run->view = view;
    run->text = bytes;
    run->text_length = length;
    run->read = read;
    run->state = record->state;
    machine_begin(run);
    if (record->stack_at != 0) {
        run->record_at = record->stack_at - (uint64_t)(int64_t)base;
    } else {
        run->state.registers[record->base] = MACHINE_TEXT + (uint64_t)(int64_t)base;
        run->state.known[record->base] = 8;
    }
    if (object != 0 && record->object != MACHINE_NONE) {
        run->state.registers[record->object] = object;
        run->state.known[record->object] = 8;
    }
    uint32_t taken = machine_go(run, record->address, steps);
    taken += record->is_argument ? own_callbacks_go(own) : 0;
    run->read = NULL;
    run->text = NULL;
    run->record_at = 0;
    own->record_steps_left -= taken < own->record_steps_left ? taken : own->record_steps_left;
    own->record_steps_left_in_all -=
        taken < own->record_steps_left_in_all ? taken : own->record_steps_left_in_all;
    return true;
}
