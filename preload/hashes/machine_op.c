/*
 * Decoding x86-64: see machine_op.h. From Intel's manual, volume 2, appendix A. No state.
 */
#include "machine_operands.h"

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
        return machine_decode_vex(cursor, opcode, op);
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
    case 0x64:
    case 0x65:
        cursor->segment = true;
        return true;
    case 0xf3:
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
        byte == 0x0f ? machine_decode_two_bytes(&cursor, out) : decode_one_byte(&cursor, byte, out);
    out->bytes = (uint8_t)cursor.at;
    return is_known && !cursor.is_short;
}
