/*
 * Where a program's code takes up keys: see own_hashes.h. No allocation; the code is read once for
 * each place, and what is carried out has its limits.
 */
#include "own_hashes.h"

#include <string.h>

#include "own_callbacks.h"
#include "own_sweep.h"

#define STEPS_ARRAY  1500000u
#define STEPS_FOUND  50000000u
#define STEPS_IN_ALL 3000000u
#define READINGS     4u

void own_hashes_start(struct own_hashes *own)
{
    own->code.range_count = own->beginnings = own->records = own->callbacks = 0;
    own->steps_left_in_all = own->record_steps_left_in_all = STEPS_IN_ALL;
    own->other_steps = own->other_record_steps = STEPS_IN_ALL;
    own->readings_left = READINGS;
}

#ifdef __x86_64__

/* --- going through the code --- */

static void begin_function(struct sweep *sweep)
{
    machine_forget(&sweep->run->state);
    machine_begin(sweep->run);
    sweep->may_be_key = sweep->is_live_in = (uint16_t) ~(1u << MACHINE_RSP | 1u << MACHINE_RBP);
    memset(sweep->tried, 0, sizeof(sweep->tried));
    memset(sweep->tried_base, 0, sizeof(sweep->tried_base));
    for (unsigned i = 0; i < MACHINE_REGISTERS; i++)
        sweep->value[i] = ++sweep->values;
}

/* Which registers hold what that one does. */
static uint16_t copies_of(const struct sweep *sweep, uint8_t number)
{
    uint16_t copies = 0;
    for (unsigned i = 0; i < MACHINE_REGISTERS; i++)
        copies |= (uint16_t)((sweep->value[i] == sweep->value[number]) << i);
    return copies;
}

static uint8_t argument_after(uint8_t number)
{
    return number == MACHINE_RDI   ? MACHINE_RSI
           : number == MACHINE_RSI ? MACHINE_RDX
           : number == MACHINE_RDX ? MACHINE_RCX
                                   : MACHINE_NONE;
}

/* Notes that from `address` on the register may hold a key. */
static struct own_beginning *begin_at(struct sweep *sweep, uint64_t address, uint8_t key)
{
    struct own_hashes *own = sweep->own;
    uint32_t last = sweep->decoded - 1;
    uint32_t until = sweep->done + NUMBER_AHEAD < last ? sweep->done + NUMBER_AHEAD : last;
    const struct ahead *here = ahead_at(sweep, sweep->done);
    bool is_number = ahead_at(sweep, until)->mixing - here->mixing >= NUMBER_SCORE;
    const struct machine_state *state = &sweep->run->state;
    bool is_handed_on =
        state->known[MACHINE_RDX] == 8 && state->registers[MACHINE_RDX] == KNOWN_LIBSTDCXX_SEED;
    bool is_text = is_handed_on || ahead_at(sweep, last)->bytes > here->bytes ||
                   (here->op.kind != MACHINE_NOTHING && loads_byte(&here->op));
    if ((!is_number && !is_text) || own->beginnings == OWN_BEGINNINGS)
        return NULL;
    struct own_beginning *beginning = &own->beginning[own->beginnings++];
    *beginning = (struct own_beginning){.address = address,
                                        .key = key,
                                        .length = MACHINE_NONE,
                                        .is_number = is_number,
                                        .is_text = is_text,
                                        .state = sweep->run->state};
    return beginning;
}

static void try_register(struct sweep *sweep, uint64_t address, uint8_t number)
{
    number &= MACHINE_REGISTERS - 1;
    if (!(sweep->may_be_key >> number & 1) || sweep->run->state.known[number] != 0 ||
        (sweep->tried[number] != 0 && sweep->done - sweep->tried[number] < AGAIN_AFTER))
        return;
    sweep->tried[number] = sweep->done + 1;
    struct own_beginning *beginning = begin_at(sweep, address, number);
    uint8_t next = argument_after(number);
    if (beginning)
        beginning->is_argument = number == MACHINE_RDI && sweep->is_live_in >> MACHINE_RDI & 1;
    if (beginning && next != MACHINE_NONE && sweep->is_live_in >> number & 1 &&
        sweep->is_live_in >> next & 1)
        beginning->length = next;
}

/* A function's argument, which its code loads bytes from. */
static void try_text(struct sweep *sweep, uint64_t address, uint8_t number)
{
    struct own_beginning *beginning = begin_at(sweep, address, number);
    if (!beginning)
        return;
    beginning->is_number = false;
    beginning->is_argument = true;
    beginning->length = argument_after(number);
    if (!beginning->is_text)
        sweep->own->beginnings--;
}

static bool is_load(const struct machine_op *op)
{
    return (op->kind == MACHINE_MOVE || op->kind == MACHINE_MOVE_SIGNED) &&
           op->to_place == MACHINE_REGISTER && op->from_place == MACHINE_MEMORY &&
           op->from_width >= 4;
}

/* Where it is not the frame's, rbp is a register like others, but always said to be known. */
static bool is_unknown(const struct machine_state *state, uint8_t number)
{
    return state->known[number] == 0 ||
           (number == MACHINE_RBP && state->registers[number] == MACHINE_FRAME);
}

/* Or what was copied from such an rbp, and counted up: it lies above all frames. */
static bool may_lead(const struct machine_state *state, uint8_t number)
{
    return number < MACHINE_REGISTERS && number != MACHINE_RSP &&
           (state->known[number] == 0 ||
            state->registers[number] - MACHINE_FRAME < MACHINE_STACK_BYTES);
}

/* What works on a word in memory may do so on a key. */
static bool works_on_memory(const struct machine_op *op)
{
    switch (op->kind) {
    case MACHINE_ADD:
    case MACHINE_SUBTRACT:
    case MACHINE_XOR:
    case MACHINE_MULTIPLY:
    case MACHINE_MULTIPLY_WIDE:
        return op->from_place == MACHINE_MEMORY && op->to_place == MACHINE_REGISTER &&
               op->from_width >= 4;
    default:
        return false;
    }
}

static void try_operand(struct sweep *sweep, const struct machine_op *op, uint64_t address)
{
    if (!works_on_memory(op) || !may_lead(&sweep->run->state, op->base))
        return;
    struct own_beginning *beginning = begin_at(sweep, address, op->to);
    if (!beginning)
        return;
    beginning->operand = op->bytes;
    beginning->is_text = false;
    if (!beginning->is_number)
        sweep->own->beginnings--;
}

/* What is loaded from memory of which nothing is known may be a key from then on. */
static void try_load(struct sweep *sweep, const struct machine_op *op, uint64_t next)
{
    struct own_beginning *beginning = begin_at(sweep, next, op->to);
    if (!beginning)
        return;
    beginning->widened = op->kind == MACHINE_MOVE_SIGNED ? op->from_width : 0;
    const struct machine_state *state = &sweep->run->state;
    beginning->leads = sweep->lead;
    beginning->leads_at = op->displacement;
    beginning->load = next - op->bytes;
    if ((op->base == MACHINE_RSP || op->base == MACHINE_RBP) && op->index == MACHINE_NONE) {
        beginning->also = state->registers[op->base] + (uint64_t)(int64_t)op->displacement;
        beginning->also_bytes = op->from_width;
    }
}

static bool reads_what_it_writes(const struct machine_op *op)
{
    switch (op->kind) {
    case MACHINE_MOVE:
    case MACHINE_MOVE_SIGNED:
    case MACHINE_ADDRESS:
    case MACHINE_POP:
    case MACHINE_SET:
    case MACHINE_OTHER:
        return false;
    case MACHINE_MULTIPLY:
        return !op->has_immediate;
    default:
        return true;
    }
}

static void note_written(struct sweep *sweep, const struct machine_op *op)
{
    uint16_t bit;
    if (op->kind == MACHINE_CALL) {
        static const uint16_t kept =
            1u << MACHINE_RBX | 1u << MACHINE_RSP | 1u << MACHINE_RBP | 15u << 12;
        for (unsigned i = 0; i < MACHINE_REGISTERS; i++)
            if (!(kept >> i & 1))
                sweep->value[i] = ++sweep->values;
        /* What comes back may be a key; the arguments are gone. */
        sweep->may_be_key |= 1u << MACHINE_RAX;
        sweep->is_live_in &=
            (uint16_t) ~(1u << MACHINE_RAX | 1u << MACHINE_RCX | 1u << MACHINE_RDX |
                         1u << MACHINE_RSI | 1u << MACHINE_RDI | 15u << MACHINE_R8);
        sweep->tried[MACHINE_RAX] = sweep->tried_base[MACHINE_RAX] = 0;
        return;
    }
    if (op->to_place != MACHINE_REGISTER || op->kind == MACHINE_COMPARE || op->kind == MACHINE_TEST)
        return;
    bool is_copied =
        op->kind == MACHINE_MOVE && op->from_place == MACHINE_REGISTER && op->width == 8;
    sweep->value[op->to & (MACHINE_REGISTERS - 1)] =
        is_copied ? sweep->value[op->from & (MACHINE_REGISTERS - 1)] : ++sweep->values;
    bit = (uint16_t)(1u << (op->to & (MACHINE_REGISTERS - 1)));
    bool is_moved =
        op->kind == MACHINE_MOVE || op->kind == MACHINE_MOVE_SIGNED || op->kind == MACHINE_POP;
    sweep->may_be_key = (uint16_t)(is_moved ? sweep->may_be_key | bit : sweep->may_be_key & ~bit);
    sweep->is_live_in &= (uint16_t)~bit;
    sweep->tried[op->to & (MACHINE_REGISTERS - 1)] = 0;
    sweep->tried_base[op->to & (MACHINE_REGISTERS - 1)] = 0;
}

#define NEAR_JUMP 2048u /* to the end of a loop, where its condition is */

/* Whether what went before, padding apart, does not lead here. */
static bool begins_function(const struct sweep *sweep, uint64_t address)
{
    switch (sweep->last_kind) {
    case MACHINE_RETURN:
        return true;
    case MACHINE_JUMP:
        return address % 16 == 0 && sweep->last_immediate > NEAR_JUMP;
    case MACHINE_STOP:
        return address % 16 == 0;
    default:
        return false;
    }
}

static void take(struct sweep *sweep)
{
    const struct ahead *here = ahead_at(sweep, sweep->done);
    const struct machine_op *op = &here->op;
    uint64_t address = here->address, next = address + op->bytes;
    if (op->kind != MACHINE_NOTHING && begins_function(sweep, address)) {
        begin_function(sweep);
        /* A text's length may be used before the text is. */
        try_text(sweep, address, MACHINE_RDI);
        try_text(sweep, address, MACHINE_RSI);
        own_records_begin(sweep);
    }
    if (op->kind != MACHINE_NOTHING) {
        sweep->last_kind = op->kind;
        sweep->last_immediate = op->immediate;
    }
    if (op->from_place == MACHINE_REGISTER)
        try_register(sweep, address, op->from);
    if (op->to_place == MACHINE_REGISTER && reads_what_it_writes(op))
        try_register(sweep, address, op->to);
    if (op->base < MACHINE_REGISTERS && (op->kind == MACHINE_ADDRESS || loads_byte(op)))
        try_register(sweep, address, op->base);
    if (op->index < MACHINE_REGISTERS && op->kind == MACHINE_ADDRESS)
        try_register(sweep, address, op->index);
    try_operand(sweep, op, address);
    own_records_take(sweep);
    own_records_call(sweep);
    own_callbacks_take(sweep);
    sweep->lead = 0;
    if (is_load(op) && op->index == MACHINE_NONE && may_lead(&sweep->run->state, op->base))
        sweep->lead = copies_of(sweep, op->base);
    machine_step(sweep->run, op, next);
    note_written(sweep, op);
    if (is_load(op) && is_unknown(&sweep->run->state, op->to & (MACHINE_REGISTERS - 1)))
        try_load(sweep, op, next);
    sweep->done++;
}

static void go_through(struct own_hashes *own, const struct layout_view *view,
                       const struct machine_range *range, size_t from, size_t until)
{
    struct sweep sweep = {.own = own, .run = &own->run};
    uint32_t mixing = 0, bytes = 0;
    /* Of a large program that would be thousands of places. */
    own->run.view = range->is_part ? NULL : view;
    own->run.code = &own->code;
    own->run.text = NULL;
    begin_function(&sweep);
    for (size_t at = from; at < until;) {
        if (sweep.decoded - sweep.done == AHEAD)
            take(&sweep);
        struct ahead *ahead = ahead_at(&sweep, sweep.decoded);
        if (!machine_decode(range->memory + at, range->bytes - at, &ahead->op)) {
            ahead->op = (struct machine_op){.kind = MACHINE_STOP, .bytes = 1};
        }
        ahead->address = range->start + at;
        ahead->mixing = mixing += mixes_by(&ahead->op);
        ahead->bytes = bytes += loads_byte(&ahead->op) || hands_text_on(&ahead->op);
        at += ahead->op.bytes;
        sweep.decoded++;
    }
    while (sweep.done < sweep.decoded)
        take(&sweep);
}

#else

static void go_through(struct own_hashes *own, const struct layout_view *view,
                       const struct machine_range *range, size_t from, size_t until)
{
    (void)own;
    (void)view;
    (void)range;
    (void)from;
    (void)until;
}

#endif

/* --- reading it --- */

static bool has_all(const struct own_hashes *own)
{
    size_t room;
    for (uint32_t i = 0; i < own->place_count; i++)
        if (!machine_code_at(&own->code, own->places[i].address, &room))
            return false;
    return true;
}

static void read_around(struct own_hashes *own, const struct layout_view *view,
                        const struct own_code_place *place)
{
    struct machine_code *code = &own->code;
    size_t room;
    if (code->range_count == MACHINE_RANGES || machine_code_at(code, place->address, &room))
        return;
    uint64_t start = place->start, end = place->end;
    bool is_part = end - start > OWN_RANGE_BYTES;
    if (is_part) {
        if (place->address > start + OWN_RANGE_BYTES / 2)
            start = place->address - OWN_RANGE_BYTES / 2;
        end = end - start < OWN_RANGE_BYTES ? end : start + OWN_RANGE_BYTES;
    }
    unsigned char *memory = own->memory[code->range_count];
    if (end <= start || !layout_read(view, start, memory, end - start))
        return;
    code->ranges[code->range_count++] = (struct machine_range){.start = start,
                                                               .place = place->address,
                                                               .bytes = (uint32_t)(end - start),
                                                               .is_part = is_part,
                                                               .memory = memory};
}

#define NEAR_CODE (16u << 10) /* before a place and behind it, which is gone through first */

/* A large program has more beginnings than are kept, and more than can be tried: those first that
 * are nearest. */
static void go_through_all(struct own_hashes *own, const struct layout_view *view)
{
    const uint32_t count = own->code.range_count;
    size_t from[MACHINE_RANGES], until[MACHINE_RANGES];
    for (uint32_t i = 0; i < count; i++) {
        const struct machine_range *range = &own->code.ranges[i];
        size_t place = (size_t)(range->place - range->start);
        from[i] = range->is_part && place > NEAR_CODE ? place - NEAR_CODE : 0;
        until[i] =
            range->is_part && range->bytes - place > NEAR_CODE ? place + NEAR_CODE : range->bytes;
        go_through(own, view, range, from[i], until[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        go_through(own, view, &own->code.ranges[i], 0, from[i]);
        go_through(own, view, &own->code.ranges[i], until[i], own->code.ranges[i].bytes);
    }
}

void own_hashes_again(struct own_hashes *own)
{
    own->steps_left = own->steps_left_in_all < STEPS_ARRAY ? own->steps_left_in_all : STEPS_ARRAY;
}

static void begin_array(struct own_hashes *own)
{
    own_hashes_again(own);
    own->record_steps_left =
        own->record_steps_left_in_all < STEPS_ARRAY ? own->record_steps_left_in_all : STEPS_ARRAY;
}

void own_hashes_near(struct own_hashes *own, const struct own_code_place *places, uint32_t count)
{
    own->place_count = count < OWN_PLACES ? count : OWN_PLACES;
    memcpy(own->places, places, own->place_count * sizeof(places[0]));
    begin_array(own);
    own->is_read = false;
}

void own_hashes_change(struct own_hashes *own)
{
    const uint64_t steps = own->steps_left_in_all, record_steps = own->record_steps_left_in_all;
    own->steps_left_in_all = own->other_steps;
    own->record_steps_left_in_all = own->other_record_steps;
    own->other_steps = steps;
    own->other_record_steps = record_steps;
    begin_array(own);
}

bool own_hashes_ready(struct own_hashes *own, const struct layout_view *view)
{
    if (own->place_count == 0)
        return false;
    if (own->steps_left + own->record_steps_left == 0 || own->is_read || has_all(own)) {
        own->is_read = true;
        return own->beginnings + own->records > 0;
    }
    own->is_read = true;
    own->code.range_count = own->beginnings = own->records = own->callbacks = 0;
    if (own->readings_left == 0)
        return false;
    own->readings_left--;
    memset(own->code.cached, 0, sizeof(own->code.cached));
    for (uint32_t i = 0; i < own->place_count; i++)
        read_around(own, view, &own->places[i]);
    go_through_all(own, view);
    return own->beginnings + own->records > 0;
}

/* --- what may be tried --- */

bool own_hashes_has_half(const struct own_hashes *own, bool of_records)
{
    uint64_t left = of_records ? own->record_steps_left : own->steps_left;
    uint64_t in_all = of_records ? own->record_steps_left_in_all : own->steps_left_in_all;
    return left > STEPS_ARRAY / 2 && in_all > STEPS_IN_ALL / 2;
}

void own_hashes_found(struct own_hashes *own)
{
    own->steps_left = own->record_steps_left = STEPS_FOUND;
}
