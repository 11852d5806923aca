/*
 * Lines of scripts in call stacks: what an interpreter was executing when it allocated.
 *
 * The frames of an interpreter say little: every line of a Python program is
 * _PyEval_EvalFrameDefault to the processor. So a place in a script gets a number and stands in a
 * call stack as an address that no code can have (not canonical), between the return addresses of
 * the interpreter. Only names of files and functions and line numbers are kept, nothing of what the
 * script works on.
 */
#ifndef HASHTRACK_SCRIPT_PLACES_H
#define HASHTRACK_SCRIPT_PLACES_H

#include "registry.h"

/* What tells a place. All of it is what stands in memory, not where: code that was compiled at run
 * time goes again, and another function is then compiled into the same memory. The line follows
 * from its table of lines, where that begins and the instruction, the names stand for themselves;
 * texts and tables by their hashes. */
struct script_key {
    uint64_t file;
    uint64_t function;
    uint64_t lines;
    int32_t first_line;
    int32_t instruction;
};

/* A place in a script. Empty names are not known. */
struct script_place {
    struct script_key key;
    int32_t line;
    char function[160];
    char file[288];
};

/* 64 bits of a text or a table, of any length. */
uint64_t script_hash(const char *bytes, size_t count);

/* The number of a place that is known; 0 when it is not. */
uint32_t script_place_find(struct registry *registry, const struct script_key *key);

/* The number of a new place; 0 when there is no room (counted). */
uint32_t script_place_add(struct registry *registry, const struct script_place *place);

/* Whether there is no room for another place: the rest of it need not be found out. */
bool script_places_are_full(const struct registry *registry);

#define SCRIPT_FRAME_TAG 0x5c00000000000000ull

static inline uint64_t script_frame_address(uint32_t place)
{
    return SCRIPT_FRAME_TAG | place;
}

/* The number of the place that an address in a call stack stands for; 0 for a return address. */
static inline uint32_t script_frame_place(uint64_t address)
{
    return (address & 0xffffffff00000000ull) == SCRIPT_FRAME_TAG ? (uint32_t)address : 0;
}

#endif
