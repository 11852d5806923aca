/*
 * Going through a program's code once, with a view of the instructions that follow: what
 * own_hashes.c and own_records.c have in common. Private to these files.
 */
#ifndef HASHTRACK_OWN_SWEEP_H
#define HASHTRACK_OWN_SWEEP_H

#include "known_hashes.h"
#include "own_hashes.h"

#define AHEAD        64u /* instructions that are known of what follows; a power of two */
#define NUMBER_AHEAD 44u /* by so many a key is mixed */
#define NUMBER_SCORE 3u
#define AGAIN_AFTER  24u /* a register that was tried is tried again, if it still holds the same */

/* How much like the work of a hash function it looks. */
static inline unsigned mixes_by(const struct machine_op *op)
{
    switch (op->kind) {
    case MACHINE_MULTIPLY_WIDE:
    case MACHINE_ROTATE_LEFT:
    case MACHINE_ROTATE_RIGHT:
        return 2;
    case MACHINE_MULTIPLY:
        return !op->has_immediate || op->immediate > 255 ? 2 : 1;
    case MACHINE_CRC32:
        return NUMBER_SCORE;
    case MACHINE_SHIFT_LEFT:
    case MACHINE_SHIFT_RIGHT:
        return 1;
    case MACHINE_XOR:
        return op->from_place != op->to_place || op->from != op->to;
    default:
        return 0;
    }
}

static inline bool loads_byte(const struct machine_op *op)
{
    return op->from_place == MACHINE_MEMORY && op->from_width == 1 &&
           (op->kind == MACHINE_MOVE || op->kind == MACHINE_MOVE_SIGNED);
}

/* Whether it is the last argument of the library's function to which std::hash leaves a text. */
static inline bool hands_text_on(const struct machine_op *op)
{
    return op->kind == MACHINE_MOVE && op->to_place == MACHINE_REGISTER && op->to == MACHINE_RDX &&
           op->from_place == MACHINE_IMMEDIATE && (uint32_t)op->immediate == KNOWN_LIBSTDCXX_SEED;
}

struct ahead {
    struct machine_op op;
    uint64_t address;
    uint32_t mixing, bytes; /* up to it: how much was mixed, how many bytes loaded */
};

/* A function, and its second argument where that is known, which may be a length. */
#define MOST_CALLED 16u
struct called {
    uint64_t address, second;
};

struct sweep {
    struct own_hashes *own;
    struct machine_run *run;
    struct ahead ring[AHEAD];
    uint32_t decoded, done;
    uint16_t may_be_key; /* registers whose value came from elsewhere */
    uint16_t is_live_in; /* and that nothing was written to since the function began */
    uint32_t tried[MACHINE_REGISTERS]; /* when; 0: not yet */
    uint32_t tried_base[MACHINE_REGISTERS];
    uint64_t tried_stack; /* address on it that was tried last, and when */
    uint32_t tried_stack_when;
    uint32_t value[MACHINE_REGISTERS], values; /* the same number: the same value */
    uint16_t lead;     /* registers that led to what the last instruction loaded */
    uint8_t last_kind; /* of what does something */
    uint64_t last_immediate;
    struct called called[MOST_CALLED]; /* with records */
    uint32_t called_count;
};

static inline struct ahead *ahead_at(struct sweep *sweep, uint32_t number)
{
    return &sweep->ring[number % AHEAD];
}

/* How much the function mixes that is called, NUMBER_SCORE or more where that is enough. */
unsigned own_called_mixing(const struct sweep *sweep, const struct ahead *call);

/* Notes whether the next instruction loads the first of several fields that are mixed. */
void own_records_take(struct sweep *sweep);

/* The same of a function that begins there, to which the record's address is given: code that was
 * not optimised keeps it on the stack and loads it from there for each field. */
void own_records_begin(struct sweep *sweep);

/* The same of a call to which the record's address is given. */
void own_records_call(struct sweep *sweep);

#endif
