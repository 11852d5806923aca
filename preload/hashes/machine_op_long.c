/*
 * Instructions whose opcode is longer than a byte: see machine_operands.h. No state.
 */
#include "machine_operands.h"

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

bool machine_decode_two_bytes(struct cursor *cursor, struct machine_op *op)
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

bool machine_decode_vex(struct cursor *cursor, uint8_t opcode, struct machine_op *op)
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
