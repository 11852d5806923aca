/*
 * What instructions do: see machine_step.h. No state of its own, no allocation.
 */
#include "machine_step.h"

#include "known_hashes.h"
#include "machine_values.h"

static void set_flags(struct machine_run *run, struct value value, unsigned width)
{
    uint64_t bits = value.bits & mask_of(width);
    run->flags_known = value.is_known ? MACHINE_ALL_FLAGS : 0;
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
        a.is_known = a.is_known && run->flags_known & MACHINE_CARRY;
        return add(run, a, b, run->carry, op->width);
    case MACHINE_SUBTRACT:
    case MACHINE_COMPARE:
        return subtract(run, a, b, false, op->width);
    case MACHINE_SUBTRACT_BORROW:
        a.is_known = a.is_known && run->flags_known & MACHINE_CARRY;
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
    run->hits += where == run->stop_where;
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
    run->flags_known = 0;
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
                             low.is_keyed || high.is_keyed || by.is_keyed};
    struct value rest = quotient;
    run->flags_known = 0;
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

bool machine_is_met(const struct machine_run *run, uint8_t condition)
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

bool machine_knows(const struct machine_run *run, uint8_t condition)
{
    static const uint8_t needed[8] = {
        MACHINE_OVERFLOW,
        MACHINE_CARRY,
        MACHINE_ZERO_SIGN,
        MACHINE_CARRY | MACHINE_ZERO_SIGN,
        MACHINE_ZERO_SIGN,
        UINT8_MAX, /* parity */
        MACHINE_ZERO_SIGN | MACHINE_OVERFLOW,
        MACHINE_ZERO_SIGN | MACHINE_OVERFLOW,
    };
    return (needed[condition >> 1 & 7] & ~run->flags_known) == 0;
}

void machine_forget_called(struct machine_run *run)
{
    static const uint8_t clobbered[] = {MACHINE_RAX, MACHINE_RCX, MACHINE_RDX,
                                        MACHINE_RSI, MACHINE_RDI, MACHINE_R8,
                                        MACHINE_R9,  10,          11};
    struct value argument = get_register(run, MACHINE_RDI, 8);
    struct value length = get_register(run, MACHINE_RSI, 8);
    struct value seed = get_register(run, MACHINE_RDX, 8);
    for (unsigned i = 0; i < sizeof(clobbered); i++)
        run->state.known[clobbered[i]] = 0;
    run->flags_known = 0;
    if (!argument.is_known || argument.bits != MACHINE_TEXT || !run->text || run->read)
        return;
    /* What is asked about a text is mostly how long it is; or std::hash asks its library, which is
     * told by the seed. */
    bool is_hashed = seed.is_known && seed.bits == KNOWN_LIBSTDCXX_SEED &&
                     (!length.is_known || length.bits == run->text_length);
    uint64_t answer =
        is_hashed ? known_libstdcxx_hash(run->text, run->text_length) : run->text_length;
    set_register(run, MACHINE_RAX, 8, (struct value){answer, true, true});
}

static void push(struct machine_run *run, struct value value)
{
    uint64_t at = run->state.registers[MACHINE_RSP] -= 8;
    store(run, at, 8, value);
}

static void pop(struct machine_run *run, unsigned number)
{
    uint64_t at = run->state.registers[MACHINE_RSP] - MACHINE_STACK;
    struct value value = at <= MACHINE_STACK_BYTES - 8 ? load_stack(run, at, 8) : unknown;
    run->state.registers[MACHINE_RSP] += 8;
    set_register(run, number, 8, value);
}

static void step_unary(struct machine_run *run, const struct machine_op *op, uint64_t next,
                       struct value *out)
{
    struct value a = get_to(run, op, next), one = {1, true, false};
    bool carry = run->carry;
    uint8_t carry_known = run->flags_known & MACHINE_CARRY;
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
        run->flags_known = (uint8_t)((run->flags_known & ~MACHINE_CARRY) | carry_known);
        break;
    default: /* MACHINE_SWAP_BYTES */
        out->bits = __builtin_bswap64(a.bits) >> (64 - 8 * op->width);
    }
}

/* The carry is the last bit that was shifted out. */
static void set_flags_of_shift(struct machine_run *run, const struct machine_op *op,
                               struct value from, struct value by, struct value to)
{
    unsigned size = 8u * op->width, count = (unsigned)by.bits & (op->width == 8 ? 63 : 31);
    if (by.is_known && count == 0)
        return;
    if (op->kind < MACHINE_SHIFT_LEFT) { /* a rotation leaves the others alone */
        run->flags_known = by.is_known ? run->flags_known & MACHINE_ZERO_SIGN : 0;
        return;
    }
    set_flags(run, to, op->width);
    if (!to.is_known)
        return;
    run->flags_known &= (uint8_t)~MACHINE_OVERFLOW;
    if (op->kind == MACHINE_SHIFT_LEFT)
        run->carry = count <= size && from.bits >> (size - count) & 1;
    else if (op->kind == MACHINE_SHIFT_RIGHT_SIGNED && count > size)
        run->carry = from.bits >> (size - 1) & 1;
    else
        run->carry = count <= size && from.bits >> (count - 1) & 1;
    if (count > size && op->kind != MACHINE_SHIFT_RIGHT_SIGNED)
        run->flags_known &= (uint8_t)~MACHINE_CARRY;
}

static void step_shift(struct machine_run *run, const struct machine_op *op, uint64_t next,
                       struct value *out)
{
    struct value a = get_to(run, op, next), by = get_from(run, op, next);
    out->bits = shifted(op->kind, a.bits, (unsigned)by.bits & 0xff, op->width) & mask_of(op->width);
    out->is_known = a.is_known && by.is_known;
    out->is_keyed = a.is_keyed || by.is_keyed;
    set_flags_of_shift(run, op, a, by, *out);
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
        run->flags_known = 0;
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
        *out = (struct value){machine_is_met(run, op->condition), machine_knows(run, op->condition),
                              true};
        return true;
    case MACHINE_MOVE_IF:
        *out = machine_is_met(run, op->condition) ? get_from(run, op, next) : get_to(run, op, next);
        out->is_known = out->is_known && machine_knows(run, op->condition);
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

void machine_take_step(struct machine_run *run, const struct machine_op *op, uint64_t next,
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
        machine_forget_called(run);
        return;
    case MACHINE_PUSH:
        push(run, get_from(run, op, next));
        return;
    case MACHINE_POP:
        if (op->to_place == MACHINE_REGISTER)
            pop(run, op->to);
        return;
    case MACHINE_LEAVE:
        set_register(run, MACHINE_RSP, 8, get_register(run, MACHINE_RBP, 8));
        pop(run, MACHINE_RBP);
        return;
    case MACHINE_OTHER:
        run->flags_known = 0;
        if (op->to_place == MACHINE_REGISTER && op->to != MACHINE_RSP)
            set_register(run, op->to, 8, unknown);
        if (op->from_place == MACHINE_REGISTER && op->from != MACHINE_RSP)
            set_register(run, op->from, 8, unknown);
        return;
    default:
        return;
    }
}
