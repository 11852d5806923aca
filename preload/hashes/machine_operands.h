/*
 * The bytes of an instruction of x86-64 as they are read one after the other, and the operands that
 * they name. Part of machine_op.c and machine_op_long.c, in line, for it is most of their work.
 */
#ifndef HASHTRACK_MACHINE_OPERANDS_H
#define HASHTRACK_MACHINE_OPERANDS_H

#include "machine_op.h"

struct cursor {
    const unsigned char *code;
    size_t room, at;
    bool is_short; /* the instruction goes on behind the end */
    bool operand_16, repeat_not, segment;
    uint8_t rex; /* 0: none */
};

static inline uint8_t next_byte(struct cursor *cursor)
{
    if (cursor->at >= cursor->room) {
        cursor->is_short = true;
        return 0;
    }
    return cursor->code[cursor->at++];
}

static inline int32_t next_signed(struct cursor *cursor, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)next_byte(cursor) << 8 * i;
    return bytes == 1 ? (int8_t)value : bytes == 2 ? (int16_t)value : (int32_t)value;
}

static inline uint64_t next_u64(struct cursor *cursor)
{
    uint64_t low = (uint32_t)next_signed(cursor, 4);
    return low | (uint64_t)(uint32_t)next_signed(cursor, 4) << 32;
}

static inline bool rex_w(const struct cursor *cursor)
{
    return cursor->rex & 8;
}

static inline uint8_t operand_width(const struct cursor *cursor)
{
    return rex_w(cursor) ? 8 : cursor->operand_16 ? 2 : 4;
}

/* Immediates are no longer than four bytes, and widened by their sign. */
static inline unsigned immediate_bytes(uint8_t width)
{
    return width < 4 ? width : 4;
}

static inline uint8_t named(const struct cursor *cursor, uint8_t number, uint8_t width)
{
    /* Without a prefix, ah to bh. */
    return width == 1 && number >= 4 && number < 8 && cursor->rex == 0
               ? (uint8_t)((number - 4) | MACHINE_HIGH_BYTE)
               : number;
}

/* The operands that a ModRM byte tells: one is a register, the other one or memory. */
struct modrm {
    uint8_t reg;  /* without the prefix, as a group's number is */
    uint8_t full; /* with it */
    bool is_memory;
    uint8_t rm;
};

static inline struct modrm read_modrm(struct cursor *cursor, struct machine_op *op)
{
    uint8_t byte = next_byte(cursor), mode = byte >> 6, rm = byte & 7;
    struct modrm out = {.reg = byte >> 3 & 7};
    out.full = (uint8_t)(out.reg | (cursor->rex & 4) << 1);
    out.rm = (uint8_t)(rm | (cursor->rex & 1) << 3);
    if (mode == 3)
        return out;
    out.is_memory = true;
    op->is_segment = cursor->segment;
    op->base = out.rm;
    op->index = MACHINE_NONE;
    if (rm == 4) {
        uint8_t sib = next_byte(cursor);
        uint8_t index = (uint8_t)((sib >> 3 & 7) | (cursor->rex & 2) << 2);
        op->scale = sib >> 6;
        op->base = (uint8_t)((sib & 7) | (cursor->rex & 1) << 3);
        if (index != 4)
            op->index = index;
        if ((sib & 7) == 5 && mode == 0) {
            op->base = MACHINE_NONE;
            op->displacement = next_signed(cursor, 4);
        }
    } else if (rm == 5 && mode == 0) {
        op->base = MACHINE_HERE;
        op->displacement = next_signed(cursor, 4);
    }
    if (mode == 1)
        op->displacement = next_signed(cursor, 1);
    else if (mode == 2)
        op->displacement = next_signed(cursor, 4);
    return out;
}

static inline void set_to(const struct cursor *cursor, const struct modrm *modrm, uint8_t width,
                          struct machine_op *op)
{
    op->to_place = modrm->is_memory ? MACHINE_MEMORY : MACHINE_REGISTER;
    op->to = named(cursor, modrm->rm, width);
}

static inline void set_from(const struct cursor *cursor, const struct modrm *modrm, uint8_t width,
                            struct machine_op *op)
{
    op->from_place = modrm->is_memory ? MACHINE_MEMORY : MACHINE_REGISTER;
    op->from = named(cursor, modrm->rm, width);
    op->from_width = width;
}

static inline void set_register_to(const struct cursor *cursor, uint8_t number,
                                   struct machine_op *op)
{
    op->to_place = MACHINE_REGISTER;
    op->to = named(cursor, number, op->width);
}

static inline void set_register_from(const struct cursor *cursor, uint8_t number,
                                     struct machine_op *op)
{
    op->from_place = MACHINE_REGISTER;
    op->from = named(cursor, number, op->width);
    op->from_width = op->width;
}

static inline void set_immediate(struct cursor *cursor, unsigned bytes, struct machine_op *op)
{
    op->from_place = MACHINE_IMMEDIATE;
    op->from_width = op->width;
    op->immediate = (uint64_t)(int64_t)next_signed(cursor, bytes);
}

/* Of two operands the ModRM byte's is written, or read. */
static inline void two_operands(struct cursor *cursor, uint8_t kind, uint8_t width, bool to_modrm,
                                struct machine_op *op)
{
    struct modrm modrm = read_modrm(cursor, op);
    op->kind = kind;
    op->width = width;
    if (to_modrm) {
        set_to(cursor, &modrm, width, op);
        set_register_from(cursor, modrm.full, op);
    } else {
        set_register_to(cursor, modrm.full, op);
        set_from(cursor, &modrm, width, op);
    }
}

/* Of no meaning, but both registers may have been written. */
static inline void other(struct cursor *cursor, unsigned immediate, struct machine_op *op)
{
    struct modrm modrm = read_modrm(cursor, op);
    op->kind = MACHINE_OTHER;
    op->width = op->from_width = 8;
    op->to_place = MACHINE_REGISTER;
    op->to = modrm.full;
    if (!modrm.is_memory) {
        op->from_place = MACHINE_REGISTER;
        op->from = modrm.rm;
    }
    next_signed(cursor, immediate);
}

static inline void jump(struct cursor *cursor, uint8_t kind, unsigned bytes, struct machine_op *op)
{
    op->kind = kind;
    op->has_immediate = true;
    op->immediate = (uint64_t)(int64_t)next_signed(cursor, bytes);
}

/* The instructions that begin with 0F (machine_op_long.c), */
bool machine_decode_two_bytes(struct cursor *cursor, struct machine_op *op);
/* and with C4 or C5: vectors, and newer ones with three operands, of which only the length is told.
 */
bool machine_decode_vex(struct cursor *cursor, uint8_t opcode, struct machine_op *op);

#endif
