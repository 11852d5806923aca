/*
 * Carrying out a piece of a program's code with a key in one register, to see what becomes of it:
 * for own_hashes.h. Nothing is called and nothing is changed: registers, a few words of stack and
 * the key's text are our own; the program's memory is read, where that cannot depend on the key.
 *
 * What is not known stays unknown through all that is made of it. Where it decides a jump, the run
 * goes straight on, a few times.
 */
#ifndef HASHTRACK_MACHINE_RUN_H
#define HASHTRACK_MACHINE_RUN_H

#include "layouts/layout.h"
#include "machine_op.h"

#define MACHINE_STACK_BYTES 1024u
#define MACHINE_RESULTS     128u
#define MACHINE_DEPTH       6u /* of calls */
#define MACHINE_CACHED      4096u

/* Addresses that no program has. */
#define MACHINE_TEXT  0x4a11000000000000u
#define MACHINE_STACK 0x4a12000000000000u
#define MACHINE_FRAME (MACHINE_STACK + MACHINE_STACK_BYTES / 2 + 240u) /* rbp, until it is set */

struct machine_state {
    uint64_t registers[MACHINE_REGISTERS];
    uint8_t known[MACHINE_REGISTERS]; /* bytes of it, from the lowest; 8: all */
    uint16_t keyed;                   /* a bit for each that was made of the key */
};

/* Code that was read, and its instructions as far as they were decoded. */
#define MACHINE_RANGES 3u
struct machine_code {
    struct machine_range {
        uint64_t start, place; /* that is of interest */
        uint32_t bytes;
        bool is_part; /* of a larger module's */
        const unsigned char *memory;
    } ranges[MACHINE_RANGES];
    uint32_t range_count;
    uint32_t runs;
    struct machine_cached {
        uint64_t address; /* 0: none */
        uint32_t run, result;
        struct machine_op op;
    } cached[MACHINE_CACHED];
};

/* Flags that are known or not; zero and sign always together. */
#define MACHINE_CARRY     1u
#define MACHINE_OVERFLOW  2u
#define MACHINE_ZERO_SIGN 4u
#define MACHINE_ALL_FLAGS (MACHINE_CARRY | MACHINE_OVERFLOW | MACHINE_ZERO_SIGN)

struct machine_run {
    struct machine_code *code;
    const struct layout_view *view; /* NULL: no memory is read */
    struct machine_state state;
    uint8_t flags_known; /* MACHINE_CARRY, ... */
    bool carry, zero, sign, overflow;

    const unsigned char *text; /* at MACHINE_TEXT, and a zero behind it; or NULL */
    size_t text_length;
    /* Not NULL: it is no text but a record, behind which nothing is known; here is noted which of
     * its bytes were read. */
    unsigned char *read;
    uint64_t record_at; /* where on the stack a copy of it begins; 0: there is none */

    unsigned char stack[MACHINE_STACK_BYTES];
    uint64_t stack_known[MACHINE_STACK_BYTES / 64];
    uint64_t stack_keyed[MACHINE_STACK_BYTES / 64];

    /* The instruction in front of this address takes the key from memory; 0: none does. */
    uint64_t operand_next, operand;

    /* Where it may end, as soon as that instruction has made so many results; 0: nowhere. How many
     * it has made is counted. */
    uint64_t stop_where;
    uint32_t stop_hits, hits;

    bool has_returned; /* from the function that the run began in */

    /* What the instructions last made of the key. */
    uint32_t results;
    struct machine_result {
        uint64_t where; /* the instruction, twice, and one more for the upper half */
        uint64_t value;
    } result[MACHINE_RESULTS];
};

/* Nothing is known but where the stack is. */
void machine_forget(struct machine_state *state);

/* Begins anew; state, text and code are the caller's. */
void machine_begin(struct machine_run *run);

void machine_store(struct machine_run *run, uint64_t address, uint64_t value, unsigned bytes,
                   bool is_keyed);

/* From `address` on, `steps` instructions at most; how many it were. */
uint32_t machine_go(struct machine_run *run, uint64_t address, uint32_t steps);

/* One instruction's effect on registers and stack, without those of a jump. `next` is the address
 * behind it. */
void machine_step(struct machine_run *run, const struct machine_op *op, uint64_t next);

/* The code from there on, as far as it was read; NULL for none. */
const unsigned char *machine_code_at(const struct machine_code *code, uint64_t address,
                                     size_t *room);

#endif
