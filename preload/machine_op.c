/*
 * Decoding x86-64: see machine_op.h. From Intel's manual, volume 2, appendix A. No state.
 */
#include "machine_op.h"

#include <string.h>

struct cursor {
    const unsigned char *code;
    size_t room, at;
    bool is_short; /* the instruction goes on behind the end */
    bool operand_16, repeat, repeat_not, segment;
    uint8_t rex; /* 0: none */
};

static uint8_t next_byte(struct cursor *cursor)
{
    if (cursor->at >= cursor->room) {
        cursor->is_short = true;
        return 0;
    }
    return cursor->code[cursor->at++];
}

static int32_t next_signed(struct cursor *cursor, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)next_byte(cursor) << 8 * i;
    return bytes == 1 ? (int8_t)value : bytes == 2 ? (int16_t)value : (int32_t)value;
}

static uint64_t next_u64(struct cursor *cursor)
{
    uint64_t low = (uint32_t)next_signed(cursor, 4);
    return low | (uint64_t)(uint32_t)next_signed(cursor, 4) << 32;
}

static bool rex_w(const struct cursor *cursor)
{
    return cursor->rex & 8;
}

static uint8_t operand_width(const struct cursor *cursor)
{
    return rex_w(cursor) ? 8 : cursor->operand_16 ? 2 : 4;
}

/* Immediates are no longer than four bytes, and widened by their sign. */
static unsigned immediate_bytes(uint8_t width)
{
    return width < 4 ? width : 4;
}

static uint8_t named(const struct cursor *cursor, uint8_t number, uint8_t width)
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

static struct modrm read_modrm(struct cursor *cursor, struct machine_op *op)
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

static void set_to(const struct cursor *cursor, const struct modrm *modrm, uint8_t width,
                   struct machine_op *op)
{
    op->to_place = modrm->is_memory ? MACHINE_MEMORY : MACHINE_REGISTER;
    op->to = named(cursor, modrm->rm, width);
}

static void set_from(const struct cursor *cursor, const struct modrm *modrm, uint8_t width,
                     struct machine_op *op)
{
    op->from_place = modrm->is_memory ? MACHINE_MEMORY : MACHINE_REGISTER;
    op->from = named(cursor, modrm->rm, width);
    op->from_width = width;
}

static void set_register_to(const struct cursor *cursor, uint8_t number, struct machine_op *op)
{
    op->to_place = MACHINE_REGISTER;
    op->to = named(cursor, number, op->width);
}

static void set_register_from(const struct cursor *cursor, uint8_t number, struct machine_op *op)
{
    op->from_place = MACHINE_REGISTER;
    op->from = named(cursor, number, op->width);
    op->from_width = op->width;
}

static void set_immediate(struct cursor *cursor, unsigned bytes, struct machine_op *op)
{
    op->from_place = MACHINE_IMMEDIATE;
    op->from_width = op->width;
    op->immediate = (uint64_t)(int64_t)next_signed(cursor, bytes);
}

/* Of two operands the ModRM byte's is written, or read. */
static void two_operands(struct cursor *cursor, uint8_t kind, uint8_t width, bool to_modrm,
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
static void other(struct cursor *cursor, unsigned immediate, struct machine_op *op)
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

static const uint8_t arithmetic[8] = {
    MACHINE_ADD, MACHINE_OR,       MACHINE_ADD_CARRY, MACHINE_SUBTRACT_BORROW,
    MACHINE_AND, MACHINE_SUBTRACT, MACHINE_XOR,       MACHINE_COMPARE};
static const uint8_t shifts[8] = {
    MACHINE_ROTATE_LEFT, MACHINE_ROTATE_RIGHT, MACHINE_OTHER,      MACHINE_OTHER,
    MACHINE_SHIFT_LEFT,  MACHINE_SHIFT_RIGHT,  MACHINE_SHIFT_LEFT, MACHINE_SHIFT_RIGHT_SIGNED};

static void decode_arithmetic(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
{
    uint8_t kind = arithmetic[opcode >> 3], form = opcode & 7;
    uint8_t width = form & 1 ? operand_width(cursor) : 1;
    if (form < 4) {
        two_operands(cursor, kind, width, form < 2, op);
        return;
    }
    op->kind = kind;
    op->width = width;
    set_register_to(cursor, MACHINE_RAX, op);
    set_immediate(cursor, immediate_bytes(width), op);
}

static void decode_shift(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
{
    uint8_t width = opcode & 1 ? operand_width(cursor) : 1;
    struct modrm modrm = read_modrm(cursor, op);
    op->kind = shifts[modrm.reg];
    op->width = width;
    set_to(cursor, &modrm, width, op);
    op->from_place = MACHINE_IMMEDIATE;
    op->from_width = 1;
    if (opcode < 0xc2) {
        op->immediate = next_byte(cursor);
    } else if (opcode < 0xd2) {
        op->immediate = 1;
    } else {
        op->from_place = MACHINE_REGISTER;
        op->from = MACHINE_RCX;
    }
}

static void decode_group_3(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
{
    static const uint8_t kinds[8] = {
        MACHINE_TEST,   MACHINE_TEST,          MACHINE_NOT,
        MACHINE_NEGATE, MACHINE_MULTIPLY_WIDE, MACHINE_MULTIPLY_WIDE_SIGNED,
        MACHINE_DIVIDE, MACHINE_DIVIDE_SIGNED,
    };
    uint8_t width = opcode & 1 ? operand_width(cursor) : 1;
    struct modrm modrm = read_modrm(cursor, op);
    op->kind = kinds[modrm.reg];
    op->width = width;
    if (modrm.reg >= 4) {
        set_register_to(cursor, MACHINE_RAX, op);
        set_from(cursor, &modrm, width, op);
        return;
    }
    set_to(cursor, &modrm, width, op);
    if (modrm.reg < 2)
        set_immediate(cursor, immediate_bytes(width), op);
}

static void decode_group_5(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
{
    uint8_t width = opcode & 1 ? operand_width(cursor) : 1;
    struct modrm modrm = read_modrm(cursor, op);
    op->width = width;
    switch (modrm.reg) {
    case 0:
        op->kind = MACHINE_INCREMENT;
        set_to(cursor, &modrm, width, op);
        break;
    case 1:
        op->kind = MACHINE_DECREMENT;
        set_to(cursor, &modrm, width, op);
        break;
    case 2:
        op->kind = MACHINE_CALL; /* whom is not known: no immediate */
        break;
    case 6:
        op->kind = MACHINE_PUSH;
        op->width = 8;
        set_from(cursor, &modrm, 8, op);
        break;
    default:
        op->kind = MACHINE_STOP;
    }
}

static void jump(struct cursor *cursor, uint8_t kind, unsigned bytes, struct machine_op *op)
{
    op->kind = kind;
    op->has_immediate = true;
    op->immediate = (uint64_t)(int64_t)next_signed(cursor, bytes);
}

static bool decode_widening(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
{
    uint8_t from_width = opcode & 1 ? 2 : 1;
    struct modrm modrm = read_modrm(cursor, op);
    op->kind = opcode < 0xb8 ? MACHINE_MOVE : MACHINE_MOVE_SIGNED;
    op->width = operand_width(cursor);
    set_register_to(cursor, modrm.full, op);
    set_from(cursor, &modrm, from_width, op);
    return true;
}

/* 0F 38 and 0F 3A. */
static bool decode_three_bytes(struct cursor *cursor, bool has_immediate, struct machine_op *op)
{
    uint8_t opcode = next_byte(cursor);
    if (!has_immediate && (opcode & 0xfe) == 0xf0 && cursor->repeat_not) {
        uint8_t from_width = opcode & 1 ? operand_width(cursor) : 1;
        struct modrm modrm = read_modrm(cursor, op);
        op->kind = MACHINE_CRC32;
        op->width = rex_w(cursor) ? 8 : 4;
        set_register_to(cursor, modrm.full, op);
        set_from(cursor, &modrm, from_width, op);
        return true;
    }
    other(cursor, has_immediate, op);
    return true;
}

static bool two_byte_has_immediate(uint8_t opcode)
{
    return (opcode >= 0x70 && opcode <= 0x73) || opcode == 0xa4 || opcode == 0xac ||
           opcode == 0xba || opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6);
}

static bool decode_two_bytes(struct cursor *cursor, struct machine_op *op)
{
    uint8_t opcode = next_byte(cursor);
    switch (opcode) {
    case 0x05: /* syscall, ud2 */
    case 0x0b:
        op->kind = MACHINE_STOP;
        return true;
    case 0x0d:
    case 0x18 ... 0x1f:
        read_modrm(cursor, op);
        op->kind = MACHINE_NOTHING;
        return true;
    case 0x31: /* rdtsc, cpuid */
    case 0xa2:
        op->kind = MACHINE_CALL; /* it writes what a call may */
        return true;
    case 0x30:
    case 0x32 ... 0x35:
    case 0x77:
    case 0xa0 ... 0xa1:
    case 0xa8 ... 0xa9:
        op->kind = MACHINE_OTHER;
        return true;
    case 0x38:
        return decode_three_bytes(cursor, false, op);
    case 0x3a:
        return decode_three_bytes(cursor, true, op);
    case 0x40 ... 0x4f:
        two_operands(cursor, MACHINE_MOVE_IF, operand_width(cursor), false, op);
        op->condition = opcode & 15;
        return true;
    case 0x80 ... 0x8f:
        jump(cursor, MACHINE_JUMP_IF, 4, op);
        op->condition = opcode & 15;
        return true;
    case 0x90 ... 0x9f: {
        struct modrm modrm = read_modrm(cursor, op);
        op->kind = MACHINE_SET;
        op->width = 1;
        op->condition = opcode & 15;
        set_to(cursor, &modrm, 1, op);
        return true;
    }
    case 0xaf:
        two_operands(cursor, MACHINE_MULTIPLY, operand_width(cursor), false, op);
        return true;
    case 0xb6 ... 0xb7:
    case 0xbe ... 0xbf:
        return decode_widening(cursor, opcode, op);
    case 0xc8 ... 0xcf:
        op->kind = MACHINE_SWAP_BYTES;
        op->width = operand_width(cursor);
        set_register_to(cursor, (uint8_t)((opcode & 7) | (cursor->rex & 1) << 3), op);
        return true;
    default:
        other(cursor, two_byte_has_immediate(opcode), op);
        return true;
    }
}

/* Vectors, and newer instructions with three operands: only how long they are. */
static bool decode_vex(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
{
    uint8_t first = next_byte(cursor), map = 1;
    cursor->rex = first & 0x80 ? 0x40 : 0x44;
    if (opcode == 0xc4) {
        map = first & 31;
        cursor->rex |= (uint8_t)((first & 0x40 ? 0 : 2) | (first & 0x20 ? 0 : 1));
        next_byte(cursor);
    }
    uint8_t code = next_byte(cursor);
    if (map == 1 && code == 0x77)
        return true; /* vzeroupper */
    if (map < 1 || map > 3)
        return false;
    other(cursor, map == 3 || (map == 1 && two_byte_has_immediate(code)), op);
    return true;
}

static bool decode_one_byte(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
{
    uint8_t number = (uint8_t)((opcode & 7) | (cursor->rex & 1) << 3);
    switch (opcode) {
    case 0x00 ... 0x3f:
        if ((opcode & 7) > 5)
            return false;
        decode_arithmetic(cursor, opcode, op);
        return true;
    case 0x50 ... 0x57:
        op->kind = MACHINE_PUSH;
        op->width = 8;
        set_register_from(cursor, number, op);
        return true;
    case 0x58 ... 0x5f:
        op->kind = MACHINE_POP;
        op->width = 8;
        set_register_to(cursor, number, op);
        return true;
    case 0x63: {
        struct modrm modrm = read_modrm(cursor, op);
        op->kind = MACHINE_MOVE_SIGNED;
        op->width = operand_width(cursor);
        set_register_to(cursor, modrm.full, op);
        set_from(cursor, &modrm, 4, op);
        return true;
    }
    case 0x68:
    case 0x6a:
        op->kind = MACHINE_PUSH;
        op->width = 8;
        set_immediate(cursor, opcode == 0x6a ? 1 : 4, op);
        return true;
    case 0x69:
    case 0x6b:
        two_operands(cursor, MACHINE_MULTIPLY, operand_width(cursor), false, op);
        op->has_immediate = true;
        op->immediate =
            (uint64_t)(int64_t)next_signed(cursor, opcode == 0x6b ? 1 : immediate_bytes(op->width));
        return true;
    case 0x70 ... 0x7f:
        jump(cursor, MACHINE_JUMP_IF, 1, op);
        op->condition = opcode & 15;
        return true;
    case 0x80:
    case 0x81:
    case 0x83: {
        uint8_t width = opcode == 0x80 ? 1 : operand_width(cursor);
        struct modrm modrm = read_modrm(cursor, op);
        op->kind = arithmetic[modrm.reg];
        op->width = width;
        set_to(cursor, &modrm, width, op);
        set_immediate(cursor, opcode == 0x81 ? immediate_bytes(width) : 1, op);
        return true;
    }
    case 0x84 ... 0x85:
        two_operands(cursor, MACHINE_TEST, opcode & 1 ? operand_width(cursor) : 1, true, op);
        return true;
    case 0x86 ... 0x87:
        two_operands(cursor, MACHINE_EXCHANGE, opcode & 1 ? operand_width(cursor) : 1, true, op);
        return true;
    case 0x88 ... 0x8b:
        two_operands(cursor, MACHINE_MOVE, opcode & 1 ? operand_width(cursor) : 1, opcode < 0x8a,
                     op);
        return true;
    case 0x8d:
        two_operands(cursor, MACHINE_ADDRESS, operand_width(cursor), false, op);
        return op->from_place == MACHINE_MEMORY;
    case 0x90 ... 0x97:
        if (number == MACHINE_RAX) {
            op->kind = MACHINE_NOTHING;
            return true;
        }
        op->kind = MACHINE_EXCHANGE;
        op->width = operand_width(cursor);
        set_register_to(cursor, number, op);
        set_register_from(cursor, MACHINE_RAX, op);
        return true;
    case 0x98 ... 0x99:
        op->kind = opcode == 0x98 ? MACHINE_WIDEN : MACHINE_WIDEN_HIGH;
        op->width = operand_width(cursor);
        set_register_to(cursor, opcode == 0x98 ? MACHINE_RAX : MACHINE_RDX, op);
        return true;
    case 0xa4 ... 0xa7: /* of strings: they write what a call may */
    case 0xaa ... 0xaf:
        op->kind = MACHINE_CALL;
        return true;
    case 0xa8 ... 0xa9:
        op->kind = MACHINE_TEST;
        op->width = opcode & 1 ? operand_width(cursor) : 1;
        set_register_to(cursor, MACHINE_RAX, op);
        set_immediate(cursor, immediate_bytes(op->width), op);
        return true;
    case 0xb0 ... 0xbf:
        op->kind = MACHINE_MOVE;
        op->width = opcode < 0xb8 ? 1 : operand_width(cursor);
        set_register_to(cursor, number, op);
        if (op->width == 8) {
            op->from_place = MACHINE_IMMEDIATE;
            op->from_width = 8;
            op->immediate = next_u64(cursor);
        } else {
            set_immediate(cursor, op->width, op);
        }
        return true;
    case 0xc0 ... 0xc1:
    case 0xd0 ... 0xd3:
        decode_shift(cursor, opcode, op);
        return true;
    case 0xc2:
        next_signed(cursor, 2);
        op->kind = MACHINE_RETURN;
        return true;
    case 0xc3:
        op->kind = MACHINE_RETURN;
        return true;
    case 0xc4 ... 0xc5:
        return decode_vex(cursor, opcode, op);
    case 0xc6 ... 0xc7: {
        struct modrm modrm = read_modrm(cursor, op);
        op->kind = MACHINE_MOVE;
        op->width = opcode & 1 ? operand_width(cursor) : 1;
        set_to(cursor, &modrm, op->width, op);
        set_immediate(cursor, immediate_bytes(op->width), op);
        return true;
    }
    case 0xc9:
        op->kind = MACHINE_LEAVE;
        return true;
    case 0xcc:
    case 0xf4:
        op->kind = MACHINE_STOP;
        return true;
    case 0xd8 ... 0xdf:
        read_modrm(cursor, op);
        return true; /* fractions */
    case 0xe8:
        jump(cursor, MACHINE_CALL, 4, op);
        return true;
    case 0xe9:
        jump(cursor, MACHINE_JUMP, 4, op);
        return true;
    case 0xeb:
        jump(cursor, MACHINE_JUMP, 1, op);
        return true;
    case 0xf6 ... 0xf7:
        decode_group_3(cursor, opcode, op);
        return true;
    case 0xfe ... 0xff:
        decode_group_5(cursor, opcode, op);
        return true;
    default:
        return false;
    }
}

/* Whether the byte was a prefix. */
static bool take_prefix(struct cursor *cursor, uint8_t byte)
{
    switch (byte) {
    case 0x66:
        cursor->operand_16 = true;
        return true;
    case 0xf2:
        cursor->repeat_not = true;
        return true;
    case 0xf3:
        cursor->repeat = true;
        return true;
    case 0x64:
    case 0x65:
        cursor->segment = true;
        return true;
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x26:
    case 0xf0:
        return true;
    default:
        return false;
    }
}

bool machine_decode(const unsigned char *code, size_t room, struct machine_op *out)
{
    struct cursor cursor = {.code = code, .room = room < 15 ? room : 15};
    *out = (struct machine_op){.base = MACHINE_NONE, .index = MACHINE_NONE};
    uint8_t byte = next_byte(&cursor);
    while (take_prefix(&cursor, byte))
        byte = next_byte(&cursor);
    if ((byte & 0xf0) == 0x40) {
        cursor.rex = byte;
        byte = next_byte(&cursor);
    }
    bool is_known =
        byte == 0x0f ? decode_two_bytes(&cursor, out) : decode_one_byte(&cursor, byte, out);
    out->bytes = (uint8_t)cursor.at;
    return is_known && !cursor.is_short;
}
