/*
 * What the x86-64 code of a module calls and jumps to, as far as the instruction itself says it:
 * the direct forms, those through the procedure linkage table, and those through the global offset
 * table.
 */
#ifndef HASHTRACK_MACHINE_CODE_H
#define HASHTRACK_MACHINE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gelf.h>

struct machine_code;

/* Of an ELF file; NULL when memory ran out. Where the file has no code (a file of debug information
 * alone), nothing is found in it. */
struct machine_code *machine_code_new(Elf *elf);
void machine_code_free(struct machine_code *code);

struct code_target {
    uint64_t address; /* ELF virtual address in this module, when `symbol` is NULL */
    /* The dynamic symbol by which it is bound: in this module or another one, without its version;
     * owned by the ELF file. */
    const char *symbol;
};

/* Where the call went that returns to `return_address`. */
bool machine_code_call(struct machine_code *code, uint64_t return_address,
                       struct code_target *target);

/* A function's code that is gone through. */
struct code_range {
    uint64_t next, end; /* what is still to be looked at */
    uint64_t at;        /* address of the jump that was found last */
};

enum code_jump {
    CODE_JUMP_NONE,    /* there is no further one */
    CODE_JUMP,         /* one, conditional or not, of which the target is known */
    CODE_JUMP_UNKNOWN, /* one that leads wherever a register or the memory says; or no instruction
                        */
};

/* The next jump of the range. */
enum code_jump machine_code_next_jump(struct machine_code *code, struct code_range *range,
                                      struct code_target *target);

#endif
