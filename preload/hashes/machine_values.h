/*
 * What machine code works on: registers, stack and memory, and an instruction's operands, as far as
 * they are known. Part of machine_run.c and machine_step.c, in line, for it is most of their work.
 */
#ifndef HASHTRACK_MACHINE_VALUES_H
#define HASHTRACK_MACHINE_VALUES_H

#include <string.h>

#include "machine_run.h"

#define SMALL_INDEX 255u
#define TEXT_ZEROS  16u /* behind a text, that are known to be there */

struct value {
    uint64_t bits;
    bool is_known, is_keyed;
};

static const struct value unknown;

static inline uint64_t mask_of(unsigned width)
{
    return width >= 8 ? UINT64_MAX : (1ull << 8 * width) - 1;
}

static inline uint64_t signed_of(uint64_t bits, unsigned width)
{
    return width == 1   ? (uint64_t)(int8_t)bits
           : width == 2 ? (uint64_t)(int16_t)bits
           : width == 4 ? (uint64_t)(int32_t)bits
                        : bits;
}

/* --- registers --- */

static inline struct value get_register(const struct machine_run *run, unsigned number,
                                        unsigned width)
{
    unsigned shift = number & MACHINE_HIGH_BYTE ? 8 : 0;
    number &= MACHINE_REGISTERS - 1;
    if (run->state.known[number] < width + shift / 8)
        return unknown;
    return (struct value){run->state.registers[number] >> shift & mask_of(width), true,
                          run->state.keyed >> number & 1};
}

static inline void set_register(struct machine_run *run, unsigned number, unsigned width,
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

static inline bool address_of(const struct machine_run *run, const struct machine_op *op,
                              uint64_t next, struct value *address, uint64_t *keyed_part)
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

static inline bool is_bit(const uint64_t *bits, uint64_t at)
{
    return bits[at / 64] >> at % 64 & 1;
}

static inline void set_bit(uint64_t *bits, uint64_t at, bool value)
{
    bits[at / 64] = (bits[at / 64] & ~(1ull << at % 64)) | (uint64_t)value << at % 64;
}

static inline struct value load_text(const struct machine_run *run, uint64_t at, unsigned width)
{
    struct value value = {0, true, true};
    if (!run->text || at + width > run->text_length + (run->read ? 0 : TEXT_ZEROS))
        return unknown;
    if (run->read)
        memset(run->read + at, 1, width);
    for (unsigned i = 0; i < width && at + i < run->text_length; i++)
        value.bits |= (uint64_t)run->text[at + i] << 8 * i;
    return value;
}

static inline struct value load_stack(const struct machine_run *run, uint64_t at, unsigned width)
{
    struct value value = {0, true, false};
    for (unsigned i = 0; i < width; i++) {
        if (!is_bit(run->stack_known, at + i))
            return run->record_at != 0 && MACHINE_STACK + at >= run->record_at
                       ? load_text(run, MACHINE_STACK + at - run->record_at, width)
                       : unknown;
        value.is_keyed = value.is_keyed || is_bit(run->stack_keyed, at + i);
        value.bits |= (uint64_t)run->stack[at + i] << 8 * i;
    }
    return value;
}

/* What does not depend on the key may be read: a seed, a constant. So may tables of 256 by a part
 * of it, of which hashes are made; a larger one may be an index that leads from numbers to slots.
 */
static inline struct value load(const struct machine_run *run, const struct machine_op *op,
                                uint64_t next, unsigned width)
{
    struct value address;
    uint64_t keyed_part, at;
    if (next == run->operand_next)
        return (struct value){run->operand & mask_of(width), true, true};
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

static inline void store(struct machine_run *run, uint64_t address, unsigned width,
                         struct value value)
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

/* --- operands --- */

static inline struct value get_from(const struct machine_run *run, const struct machine_op *op,
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

static inline struct value get_to(const struct machine_run *run, const struct machine_op *op,
                                  uint64_t next)
{
    return op->to_place == MACHINE_REGISTER ? get_register(run, op->to, op->width)
                                            : load(run, op, next, op->width);
}

static inline void set_to(struct machine_run *run, const struct machine_op *op, uint64_t next,
                          struct value value)
{
    struct value address;
    uint64_t keyed_part;
    if (op->to_place == MACHINE_REGISTER)
        set_register(run, op->to, op->width, value);
    else if (address_of(run, op, next, &address, &keyed_part))
        store(run, address.bits, op->width, value);
}

#endif
