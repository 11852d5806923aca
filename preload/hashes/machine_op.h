/*
 * Instructions of x86-64, as far as hash functions are made of them: what each does to the general
 * registers. For own_hashes.h, which asks a program's own code where its keys lead.
 *
 * Whatever else there is has its length told and no meaning, so that code can be gone through.
 */
#ifndef HASHTRACK_MACHINE_OP_H
#define HASHTRACK_MACHINE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum machine_kind {
    MACHINE_OTHER, /* no meaning here; may have written the registers that it names */
    MACHINE_NOTHING,
    MACHINE_STOP, /* goes somewhere that the code does not tell, or nowhere */
    MACHINE_MOVE,
    MACHINE_MOVE_SIGNED,
    MACHINE_ADDRESS, /* lea */
    MACHINE_ADD,
    MACHINE_OR,
    MACHINE_ADD_CARRY,
    MACHINE_SUBTRACT_BORROW,
    MACHINE_AND,
    MACHINE_SUBTRACT,
    MACHINE_XOR,
    MACHINE_COMPARE,
    MACHINE_TEST,
    MACHINE_NOT,
    MACHINE_NEGATE,
    MACHINE_INCREMENT,
    MACHINE_DECREMENT,
    MACHINE_MULTIPLY,      /* to = from * (immediate, or to) */
    MACHINE_MULTIPLY_WIDE, /* rdx:rax = rax * from */
    MACHINE_MULTIPLY_WIDE_SIGNED,
    MACHINE_DIVIDE, /* rdx:rax by from */
    MACHINE_DIVIDE_SIGNED,
    MACHINE_ROTATE_LEFT,
    MACHINE_ROTATE_RIGHT,
    MACHINE_SHIFT_LEFT,
    MACHINE_SHIFT_RIGHT,
    MACHINE_SHIFT_RIGHT_SIGNED,
    MACHINE_SWAP_BYTES,
    MACHINE_EXCHANGE,
    MACHINE_CRC32,
    MACHINE_WIDEN,      /* eax to rax, by its sign */
    MACHINE_WIDEN_HIGH, /* rax to rdx:rax */
    MACHINE_SET,        /* by a condition */
    MACHINE_MOVE_IF,
    MACHINE_JUMP_IF,
    MACHINE_JUMP,
    MACHINE_CALL,
    MACHINE_RETURN,
    MACHINE_PUSH,
    MACHINE_POP,
    MACHINE_LEAVE,
};

enum {
    MACHINE_RAX,
    MACHINE_RCX,
    MACHINE_RDX,
    MACHINE_RBX,
    MACHINE_RSP,
    MACHINE_RBP,
    MACHINE_RSI,
    MACHINE_RDI,
    MACHINE_R8,
    MACHINE_R9,
    MACHINE_REGISTERS = 16
};
#define MACHINE_NONE      0xffu
#define MACHINE_HERE      0xfeu /* as the base of an address: the next instruction's */
#define MACHINE_HIGH_BYTE 0x40u /* bits 8 to 15 of the register */

enum machine_place { MACHINE_NOWHERE, MACHINE_REGISTER, MACHINE_MEMORY, MACHINE_IMMEDIATE };

struct machine_op {
    uint8_t kind;
    uint8_t bytes; /* of the instruction */
    uint8_t width; /* of what is written, in bytes: 1, 2, 4, 8 */
    uint8_t from_width;
    uint8_t to_place, to; /* enum machine_place; and which register */
    uint8_t from_place, from;
    uint8_t base, index, scale; /* of the one operand in memory; scale: 0 to 3 */
    uint8_t condition;          /* as it is encoded */
    bool is_segment;            /* the memory is a thread's own */
    bool has_immediate;         /* besides the operands: of a multiplication */
    int32_t displacement;
    uint64_t immediate; /* or how far a jump goes from the next instruction */
};

/* The instruction that begins there; false when it is none, or does not end within `room`. */
bool machine_decode(const unsigned char *code, size_t room, struct machine_op *out);

#endif
