/*
 * Carrying out code: see machine_run.h. No allocation; every run ends after a number of steps.
 */
#include "machine_run.h"

#include <string.h>

#define UNKNOWN_JUMPS 2u /* that are taken to go straight on */
#define STUB_STEPS    3u /* from a call to a jump elsewhere */
#define SMALL_INDEX   255u
#define TEXT_ZEROS    16u /* behind a text, that are known to be there */
#define STACK_MIDDLE  (MACHINE_STACK + MACHINE_STACK_BYTES / 2)
#define FRAME_MIDDLE  (STACK_MIDDLE + 240u)

struct value {
    uint64_t bits;
    bool is_known, is_keyed;
};

static const struct value unknown;

static uint64_t mask_of(unsigned width)
{
    return width >= 8 ? UINT64_MAX : (1ull << 8 * width) - 1;
}

static uint64_t signed_of(uint64_t bits, unsigned width)
{
    return width == 1   ? (uint64_t)(int8_t)bits
           : width == 2 ? (uint64_t)(int16_t)bits
           : width == 4 ? (uint64_t)(int32_t)bits
                        : bits;
}

void machine_forget(struct machine_state *state)
{
    memset(state->known, 0, sizeof(state->known));
    state->keyed = 0;
    state->registers[MACHINE_RSP] = STACK_MIDDLE;
    state->registers[MACHINE_RBP] = FRAME_MIDDLE;
    state->known[MACHINE_RSP] = state->known[MACHINE_RBP] = 8;
}

void machine_begin(struct machine_run *run)
{
    run->flags_known = false;
    run->results = 0;
    run->code->runs++;
    memset(run->stack_known, 0, sizeof(run->stack_known));
    memset(run->stack_keyed, 0, sizeof(run->stack_keyed));
}

/* --- registers --- */

static struct value get_register(const struct machine_run *run, unsigned number, unsigned width)
{
    unsigned shift = number & MACHINE_HIGH_BYTE ? 8 : 0;
    number &= MACHINE_REGISTERS - 1;
    if (run->state.known[number] < width + shift / 8)
        return unknown;
    return (struct value){run->state.registers[number] >> shift & mask_of(width), true,
                          run->state.keyed >> number & 1};
}

static void set_register(struct machine_run *run, unsigned number, unsigned width,
                         struct value value)
{
    struct machine_state *state = &run->state;
    unsigned shift = number & MACHINE_HIGH_BYTE ? 8 : 0;
    number &= MACHINE_REGISTERS - 1;
    uint16_t bit = (uint16_t)(1u << number);
    if (!value.is_known) {
        uint8_t left = shift ? 1 : 0;
        state->known[number] = state->known[number] < left ? state->known[number] : left;
        return;
    }
    if (width >= 4) {
        state->registers[number] = value.bits & mask_of(width);
        state->known[number] = 8;
        state->keyed = (uint16_t)(state->keyed & ~bit);
    } else {
        uint64_t mask = mask_of(width) << shift;
        state->registers[number] =
            (state->registers[number] & ~mask) | (value.bits << shift & mask);
        uint8_t known = (uint8_t)(width + shift / 8);
        if (state->known[number] == 0)
            state->keyed = (uint16_t)(state->keyed & ~bit);
        if (state->known[number] < known && (shift == 0 || state->known[number] >= 1))
            state->known[number] = known;
    }
    if (value.is_keyed)
        state->keyed |= bit;
}

/* --- memory --- */

static bool address_of(const struct machine_run *run, const struct machine_op *op, uint64_t next,
                       struct value *address, uint64_t *keyed_part)
{
    *address = (struct value){(uint64_t)(int64_t)op->displacement, true, false};
    *keyed_part = 0;
    if (op->is_segment)
        return false;
    if (op->base == MACHINE_HERE) {
        address->bits += next;
    } else if (op->base != MACHINE_NONE) {
        struct value base = get_register(run, op->base, 8);
        address->bits += base.bits;
        address->is_keyed = base.is_keyed;
        if (!base.is_known)
            return false;
        if (base.is_keyed)
            *keyed_part += base.bits;
    }
    if (op->index != MACHINE_NONE) {
        struct value index = get_register(run, op->index, 8);
        address->bits += index.bits << op->scale;
        address->is_keyed = address->is_keyed || index.is_keyed;
        if (!index.is_known)
            return false;
        if (index.is_keyed)
            *keyed_part += index.bits;
    }
    return true;
}

static bool is_bit(const uint64_t *bits, uint64_t at)
{
    return bits[at / 64] >> at % 64 & 1;
}

static void set_bit(uint64_t *bits, uint64_t at, bool value)
{
    bits[at / 64] = (bits[at / 64] & ~(1ull << at % 64)) | (uint64_t)value << at % 64;
}

static struct value load_stack(const struct machine_run *run, uint64_t at, unsigned width)
{
    struct value value = {0, true, false};
    for (unsigned i = 0; i < width; i++) {
        if (!is_bit(run->stack_known, at + i))
            return unknown;
        value.is_keyed = value.is_keyed || is_bit(run->stack_keyed, at + i);
        value.bits |= (uint64_t)run->stack[at + i] << 8 * i;
    }
    return value;
}

static struct value load_text(const struct machine_run *run, uint64_t at, unsigned width)
{
    struct value value = {0, true, true};
    if (!run->text || at + width > run->text_length + TEXT_ZEROS)
        return unknown;
    for (unsigned i = 0; i < width && at + i < run->text_length; i++)
        value.bits |= (uint64_t)run->text[at + i] << 8 * i;
    return value;
}

/* What does not depend on the key may be read: a seed, a constant. So may tables of 256 by a part
 * of it, of which hashes are made; a larger one may be an index that leads from numbers to slots.
 */
static struct value load(const struct machine_run *run, const struct machine_op *op, uint64_t next,
                         unsigned width)
{
    struct value address;
    uint64_t keyed_part, at;
    if (!address_of(run, op, next, &address, &keyed_part))
        return unknown;
    at = address.bits - MACHINE_STACK;
    if (at < MACHINE_STACK_BYTES)
        return at + width <= MACHINE_STACK_BYTES ? load_stack(run, at, width) : unknown;
    at = address.bits - MACHINE_TEXT;
    if (at < UINT32_MAX)
        return load_text(run, at, width);
    if (address.is_keyed && keyed_part > SMALL_INDEX)
        return unknown;
    uint64_t bits = 0;
    if (!run->view || !layout_is_pointer(address.bits, 1) ||
        !layout_read(run->view, address.bits, &bits, width))
        return unknown;
    return (struct value){bits, true, address.is_keyed};
}

static void store(struct machine_run *run, uint64_t address, unsigned width, struct value value)
{
    uint64_t at = address - MACHINE_STACK;
    if (at >= MACHINE_STACK_BYTES || at + width > MACHINE_STACK_BYTES)
        return; /* the program's memory is left alone */
    for (unsigned i = 0; i < width; i++) {
        run->stack[at + i] = (unsigned char)(value.bits >> 8 * i);
        set_bit(run->stack_known, at + i, value.is_known);
        set_bit(run->stack_keyed, at + i, value.is_keyed);
    }
}

void machine_store(struct machine_run *run, uint64_t address, uint64_t value, unsigned bytes,
                   bool is_keyed)
{
    store(run, address, bytes, (struct value){value, true, is_keyed});
}

/* --- operands --- */

static struct value get_from(const struct machine_run *run, const struct machine_op *op,
                             uint64_t next)
{
    switch (op->from_place) {
    case MACHINE_REGISTER:
        return get_register(run, op->from, op->from_width);
    case MACHINE_MEMORY:
        return load(run, op, next, op->from_width);
    default:
        return (struct value){op->immediate & mask_of(op->width), true, false};
    }
}

static struct value get_to(const struct machine_run *run, const struct machine_op *op,
                           uint64_t next)
{
    return op->to_place == MACHINE_REGISTER ? get_register(run, op->to, op->width)
                                            : load(run, op, next, op->width);
}

static void set_to(struct machine_run *run, const struct machine_op *op, uint64_t next,
                   struct value value)
{
    struct value address;
    uint64_t keyed_part;
    if (op->to_place == MACHINE_REGISTER)
        set_register(run, op->to, op->width, value);
    else if (address_of(run, op, next, &address, &keyed_part))
        store(run, address.bits, op->width, value);
}

/* --- what instructions do --- */

static void set_flags(struct machine_run *run, struct value value, unsigned width)
{
    uint64_t bits = value.bits & mask_of(width);
    run->flags_known = value.is_known;
    run->zero = bits == 0;
    run->sign = bits >> (8 * width - 1) & 1;
    run->carry = run->overflow = false;
}

static struct value add(struct machine_run *run, struct value a, struct value b, bool carry,
                        unsigned width)
{
    struct value sum = {(a.bits + b.bits + carry) & mask_of(width), a.is_known && b.is_known,
                        a.is_keyed || b.is_keyed};
    unsigned top = 8 * width - 1;
    set_flags(run, sum, width);
    run->carry = carry ? sum.bits <= (a.bits & mask_of(width)) : sum.bits < a.bits;
    run->overflow = ~(a.bits ^ b.bits) >> top & (a.bits ^ sum.bits) >> top & 1;
    return sum;
}

static struct value subtract(struct machine_run *run, struct value a, struct value b, bool borrow,
                             unsigned width)
{
    struct value rest = {(a.bits - b.bits - borrow) & mask_of(width), a.is_known && b.is_known,
                         a.is_keyed || b.is_keyed};
    unsigned top = 8 * width - 1;
    set_flags(run, rest, width);
    run->carry = a.bits < b.bits || (borrow && a.bits == b.bits);
    run->overflow = (a.bits ^ b.bits) >> top & (a.bits ^ rest.bits) >> top & 1;
    return rest;
}

static uint64_t shifted(unsigned kind, uint64_t bits, unsigned by, unsigned width)
{
    unsigned size = 8 * width;
    by &= width == 8 ? 63 : 31;
    switch (kind) {
    case MACHINE_SHIFT_LEFT:
        return by < size ? bits << by : 0;
    case MACHINE_SHIFT_RIGHT:
        return by < size ? bits >> by : 0;
    case MACHINE_SHIFT_RIGHT_SIGNED:
        return (uint64_t)((int64_t)signed_of(bits, width) >> (by < size ? by : size - 1));
    default:
        by %= size;
        if (by == 0)
            return bits;
        if (kind == MACHINE_ROTATE_RIGHT)
            by = size - by;
        return bits << by | bits >> (size - by);
    }
}

static uint64_t crc32_of(uint64_t crc, uint64_t bits, unsigned width)
{
    for (unsigned bit = 0; bit < 8 * width; bit++, bits >>= 1)
        crc = crc >> 1 ^ ((crc ^ bits) & 1 ? 0x82f63b78u : 0);
    return crc;
}

static struct value combine(struct machine_run *run, const struct machine_op *op, struct value a,
                            struct value b)
{
    struct value out = {0, a.is_known && b.is_known, a.is_keyed || b.is_keyed};
    switch (op->kind) {
    case MACHINE_ADD:
        return add(run, a, b, false, op->width);
    case MACHINE_ADD_CARRY:
        a.is_known = a.is_known && run->flags_known;
        return add(run, a, b, run->carry, op->width);
    case MACHINE_SUBTRACT:
    case MACHINE_COMPARE:
        return subtract(run, a, b, false, op->width);
    case MACHINE_SUBTRACT_BORROW:
        a.is_known = a.is_known && run->flags_known;
        return subtract(run, a, b, run->carry, op->width);
    case MACHINE_AND:
    case MACHINE_TEST:
        out.bits = a.bits & b.bits;
        break;
    case MACHINE_OR:
        out.bits = a.bits | b.bits;
        break;
    default:
        out.bits = a.bits ^ b.bits;
    }
    set_flags(run, out, op->width);
    return out;
}

static void note_result(struct machine_run *run, uint64_t next, unsigned nth, struct value value,
                        unsigned width, struct machine_cached *cached)
{
    if (!value.is_known || !value.is_keyed || width < 4)
        return;
    uint64_t where = 2 * next + nth;
    uint32_t at = run->results;
    if (cached && cached->run == run->code->runs && cached->result + nth < run->results &&
        run->result[cached->result + nth].where == where)
        at = cached->result + nth;
    else if (at == MACHINE_RESULTS)
        return;
    else
        run->results++;
    if (cached && nth == 0) {
        cached->run = run->code->runs;
        cached->result = at;
    }
    run->result[at] = (struct machine_result){where, value.bits & mask_of(width)};
}

static void multiply_wide(struct machine_run *run, const struct machine_op *op, uint64_t next,
                          struct machine_cached *cached)
{
    unsigned width = op->width;
    struct value a = get_register(run, MACHINE_RAX, width), b = get_from(run, op, next);
    struct value low = {0, a.is_known && b.is_known, a.is_keyed || b.is_keyed}, high = low;
    if (width < 4)
        low.is_known = high.is_known = false;
    unsigned __int128 product = (unsigned __int128)a.bits * b.bits;
    if (op->kind == MACHINE_MULTIPLY_WIDE_SIGNED)
        product = (unsigned __int128)((__int128)(int64_t)signed_of(a.bits, width) *
                                      (int64_t)signed_of(b.bits, width));
    low.bits = (uint64_t)product & mask_of(width);
    high.bits = (uint64_t)(product >> 8 * width) & mask_of(width);
    set_register(run, MACHINE_RAX, width, low);
    set_register(run, MACHINE_RDX, width, high);
    run->flags_known = false;
    note_result(run, next, 0, low, width, cached);
    note_result(run, next, 1, high, width, cached);
}

static void divide(struct machine_run *run, const struct machine_op *op, uint64_t next,
                   struct machine_cached *cached)
{
    unsigned width = op->width;
    struct value low = get_register(run, MACHINE_RAX, width);
    struct value high = get_register(run, MACHINE_RDX, width), by = get_from(run, op, next);
    struct value quotient = {0, low.is_known && high.is_known && by.is_known && by.bits != 0,
                             low.is_keyed || by.is_keyed};
    struct value rest = quotient;
    run->flags_known = false;
    if (op->kind == MACHINE_DIVIDE_SIGNED) {
        int64_t a = (int64_t)signed_of(low.bits, width), b = (int64_t)signed_of(by.bits, width);
        quotient.is_known = quotient.is_known && width >= 4 && b != -1 &&
                            signed_of(high.bits, width) == (a < 0 ? UINT64_MAX : 0);
        if (quotient.is_known) {
            quotient.bits = (uint64_t)(a / b);
            rest.bits = (uint64_t)(a % b);
        }
    } else {
        quotient.is_known = quotient.is_known && width >= 4 && high.bits < by.bits;
        if (quotient.is_known) {
            unsigned __int128 all = (unsigned __int128)high.bits << 8 * width | low.bits;
            quotient.bits = (uint64_t)(all / by.bits);
            rest.bits = (uint64_t)(all % by.bits);
        }
    }
    rest.is_known = quotient.is_known;
    set_register(run, MACHINE_RAX, width, quotient);
    set_register(run, MACHINE_RDX, width, rest);
    note_result(run, next, 0, quotient, width, cached);
    note_result(run, next, 1, rest, width, cached);
}

static bool is_met(const struct machine_run *run, uint8_t condition)
{
    bool met;
    switch (condition >> 1) {
    case 0:
        met = run->overflow;
        break;
    case 1:
        met = run->carry;
        break;
    case 2:
        met = run->zero;
        break;
    case 3:
        met = run->carry || run->zero;
        break;
    case 4:
        met = run->sign;
        break;
    case 6:
        met = run->sign != run->overflow;
        break;
    default:
        met = run->zero || run->sign != run->overflow;
    }
    return met != (condition & 1);
}

static bool knows(const struct machine_run *run, uint8_t condition)
{
    return run->flags_known && condition >> 1 != 5; /* parity */
}

static void forget_called(struct machine_run *run)
{
    static const uint8_t clobbered[] = {MACHINE_RAX, MACHINE_RCX, MACHINE_RDX,
                                        MACHINE_RSI, MACHINE_RDI, MACHINE_R8,
                                        MACHINE_R9,  10,          11};
    struct value argument = get_register(run, MACHINE_RDI, 8);
    for (unsigned i = 0; i < sizeof(clobbered); i++)
        run->state.known[clobbered[i]] = 0;
    run->flags_known = false;
    /* What is asked about a text is mostly how long it is. */
    if (argument.is_known && argument.bits == MACHINE_TEXT && run->text)
        set_register(run, MACHINE_RAX, 8, (struct value){run->text_length, true, true});
}

static void push(struct machine_run *run, struct value value)
{
    uint64_t at = run->state.registers[MACHINE_RSP] -= 8;
    store(run, at, 8, value);
}

static void pop(struct machine_run *run, unsigned number)
{
    uint64_t at = run->state.registers[MACHINE_RSP] - MACHINE_STACK;
    struct value value = at < MACHINE_STACK_BYTES - 8 ? load_stack(run, at, 8) : unknown;
    run->state.registers[MACHINE_RSP] += 8;
    set_register(run, number, 8, value);
}

static void step_unary(struct machine_run *run, const struct machine_op *op, uint64_t next,
                       struct value *out)
{
    struct value a = get_to(run, op, next), one = {1, true, false};
    bool carry = run->carry;
    *out = a;
    switch (op->kind) {
    case MACHINE_NOT:
        out->bits = ~a.bits;
        break;
    case MACHINE_NEGATE:
        *out = subtract(run, (struct value){0, true, false}, a, false, op->width);
        break;
    case MACHINE_INCREMENT:
    case MACHINE_DECREMENT:
        *out = op->kind == MACHINE_INCREMENT ? add(run, a, one, false, op->width)
                                             : subtract(run, a, one, false, op->width);
        run->carry = carry;
        break;
    default: /* MACHINE_SWAP_BYTES */
        out->bits = __builtin_bswap64(a.bits) >> (64 - 8 * op->width);
    }
}

static void step_shift(struct machine_run *run, const struct machine_op *op, uint64_t next,
                       struct value *out)
{
    struct value a = get_to(run, op, next), by = get_from(run, op, next);
    out->bits = shifted(op->kind, a.bits, (unsigned)by.bits & 0xff, op->width) & mask_of(op->width);
    out->is_known = a.is_known && by.is_known;
    out->is_keyed = a.is_keyed || by.is_keyed;
    if (op->kind >= MACHINE_SHIFT_LEFT)
        set_flags(run, *out, op->width);
    else
        run->flags_known = false;
}

/* Whether the instruction makes a value for `to`. */
static bool make_value(struct machine_run *run, const struct machine_op *op, uint64_t next,
                       struct value *out)
{
    struct value a, b;
    uint64_t keyed_part;
    switch (op->kind) {
    case MACHINE_MOVE:
        *out = get_from(run, op, next);
        return true;
    case MACHINE_MOVE_SIGNED:
        *out = get_from(run, op, next);
        out->bits = signed_of(out->bits, op->from_width);
        return true;
    case MACHINE_ADDRESS:
        out->is_known = address_of(run, op, next, out, &keyed_part);
        return true;
    case MACHINE_MULTIPLY:
        a = get_from(run, op, next);
        b = op->has_immediate ? (struct value){op->immediate, true, false} : get_to(run, op, next);
        *out = (struct value){a.bits * b.bits, a.is_known && b.is_known, a.is_keyed || b.is_keyed};
        run->flags_known = false;
        return true;
    case MACHINE_CRC32:
        a = get_to(run, op, next);
        b = get_from(run, op, next);
        *out = (struct value){crc32_of(a.bits & UINT32_MAX, b.bits, op->from_width),
                              a.is_known && b.is_known, a.is_keyed || b.is_keyed};
        return true;
    case MACHINE_NOT ... MACHINE_DECREMENT:
    case MACHINE_SWAP_BYTES:
        step_unary(run, op, next, out);
        return true;
    case MACHINE_ROTATE_LEFT ... MACHINE_SHIFT_RIGHT_SIGNED:
        step_shift(run, op, next, out);
        return true;
    case MACHINE_WIDEN:
        *out = get_register(run, MACHINE_RAX, op->width / 2u);
        out->bits = signed_of(out->bits, op->width / 2u);
        return true;
    case MACHINE_WIDEN_HIGH:
        *out = get_register(run, MACHINE_RAX, op->width);
        out->bits = signed_of(out->bits, op->width) >> 63 ? UINT64_MAX : 0;
        return true;
    case MACHINE_SET:
        *out = (struct value){is_met(run, op->condition), knows(run, op->condition), true};
        return true;
    case MACHINE_MOVE_IF:
        *out = is_met(run, op->condition) ? get_from(run, op, next) : get_to(run, op, next);
        out->is_known = out->is_known && knows(run, op->condition);
        return true;
    case MACHINE_ADD ... MACHINE_XOR:
        if ((op->kind == MACHINE_XOR || op->kind == MACHINE_SUBTRACT) &&
            op->from_place == MACHINE_REGISTER && op->to_place == MACHINE_REGISTER &&
            op->from == op->to) {
            *out = (struct value){0, true, false};
            set_flags(run, *out, op->width);
            return true;
        }
        *out = combine(run, op, get_to(run, op, next), get_from(run, op, next));
        return true;
    default:
        return false;
    }
}

static void take_step(struct machine_run *run, const struct machine_op *op, uint64_t next,
                      struct machine_cached *cached)
{
    struct value value;
    if (make_value(run, op, next, &value)) {
        set_to(run, op, next, value);
        note_result(run, next, 0, value, op->width, cached);
        return;
    }
    switch (op->kind) {
    case MACHINE_COMPARE:
    case MACHINE_TEST:
        combine(run, op, get_to(run, op, next), get_from(run, op, next));
        return;
    case MACHINE_MULTIPLY_WIDE:
    case MACHINE_MULTIPLY_WIDE_SIGNED:
        multiply_wide(run, op, next, cached);
        return;
    case MACHINE_DIVIDE:
    case MACHINE_DIVIDE_SIGNED:
        divide(run, op, next, cached);
        return;
    case MACHINE_EXCHANGE: {
        struct value a = get_to(run, op, next), b = get_from(run, op, next);
        set_to(run, op, next, b);
        set_register(run, op->from, op->width, a);
        return;
    }
    case MACHINE_CALL:
        forget_called(run);
        return;
    case MACHINE_PUSH:
        push(run, get_from(run, op, next));
        return;
    case MACHINE_POP:
        if (op->to_place == MACHINE_REGISTER)
            pop(run, op->to);
        return;
    case MACHINE_LEAVE:
        run->state.registers[MACHINE_RSP] = run->state.registers[MACHINE_RBP];
        pop(run, MACHINE_RBP);
        return;
    case MACHINE_OTHER:
        run->flags_known = false;
        if (op->to_place == MACHINE_REGISTER && op->to != MACHINE_RSP)
            set_register(run, op->to, 8, unknown);
        if (op->from_place == MACHINE_REGISTER && op->from != MACHINE_RSP)
            set_register(run, op->from, 8, unknown);
        return;
    default:
        return;
    }
}

void machine_step(struct machine_run *run, const struct machine_op *op, uint64_t next)
{
    take_step(run, op, next, NULL);
    /* Whatever happened to them: of these alone the addresses are known. */
    if (run->state.known[MACHINE_RSP] < 8 || run->state.known[MACHINE_RBP] < 8) {
        run->state.registers[MACHINE_RSP] = STACK_MIDDLE;
        run->state.registers[MACHINE_RBP] = FRAME_MIDDLE;
        run->state.known[MACHINE_RSP] = run->state.known[MACHINE_RBP] = 8;
    }
}

/* --- going through code --- */

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
        return cached;
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
            forget_called(run);
            run->state.registers[MACHINE_RSP] += 8;
            address = callers[--depth];
        } else if (op->kind == MACHINE_JUMP) {
            address = next + op->immediate;
        } else if (op->kind == MACHINE_JUMP_IF) {
            if (!knows(run, op->condition) && unknown_jumps++ >= UNKNOWN_JUMPS)
                break;
            if (knows(run, op->condition) && is_met(run, op->condition))
                address = next + op->immediate;
        } else if (op->kind == MACHINE_CALL && op->has_immediate && depth < MACHINE_DEPTH &&
                   machine_code_at(run->code, next + op->immediate, &room)) {
            callers[depth++] = next;
            called = step;
            run->state.registers[MACHINE_RSP] -= 8;
            address = next + op->immediate;
        } else if (op->kind == MACHINE_RETURN) {
            if (depth == 0)
                break;
            run->state.registers[MACHINE_RSP] += 8;
            address = callers[--depth];
        } else {
            take_step(run, op, next, cached);
        }
        if (run->state.known[MACHINE_RSP] < 8)
            break;
    }
    return step;
}
