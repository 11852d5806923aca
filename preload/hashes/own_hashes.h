/*
 * A program's own hash functions, found in its code.
 *
 * Where a table keeps no hash, and the key's is none that everybody knows (known_hashes.h), the
 * program's code is the only one to say where a key belongs. Its instructions are gone through once
 * for places where something that may be a key is taken up and then mixed; from each of them the
 * code is carried out with a real key (machine_run.h), and each number that is made of it is
 * compared with the slot that the entry was found in (own_relation.h). That this agrees for entry
 * after entry happens nowhere but in a table that is hashed by that code.
 *
 * Only on x86-64; elsewhere there are no beginnings.
 */
#ifndef HASHTRACK_OWN_HASHES_H
#define HASHTRACK_OWN_HASHES_H

#include "machine_run.h"

#define OWN_RANGE_BYTES (128u << 10) /* of code, around a place that is known to be of interest */
#define OWN_BEGINNINGS  3072u
#define OWN_RECORDS     768u
#define OWN_CALLBACKS   16u

/* Where a key is taken up. */
struct own_beginning {
    uint64_t address;
    uint8_t key;     /* the register that holds it then, if the next is 0 */
    uint8_t operand; /* bytes of the instruction there, which works on the key in memory */
    uint8_t length;  /* and the one that may hold a text's length, or MACHINE_NONE */
    uint8_t widened; /* by its sign, from so many bytes; 0: not */
    bool is_number, is_text;
    bool is_argument; /* of a function: the first, and nothing was done yet */
    uint64_t also;    /* address on the stack where it stands as well; or 0 */
    uint8_t also_bytes;
    /* Where its pointer is loaded of a string object: the registers that lead there, a bit for each
     * (0: none is known), how far behind, and the address of the instruction. */
    uint16_t leads;
    int32_t leads_at;
    uint64_t load;
    struct machine_state state; /* what else is known by then: constants */
};

/* Where several fields of a record are taken up, of which the key is made. */
#define OWN_LOADS 4u
struct own_record {
    uint64_t address;
    uint64_t stack_at; /* where the record, or the key in it, is on the stack; 0: elsewhere, */
    uint8_t base;      /* and this register leads there */
    uint8_t loads;     /* of its fields, the first ones */
    bool is_text;      /* whose bytes are loaded as well */
    bool is_argument;
    uint8_t object; /* a register that may lead to the table's object; or MACHINE_NONE */
    uint8_t object_loads;
    uint8_t load_bytes[OWN_LOADS];
    int32_t load_at[OWN_LOADS];   /* from where the register leads */
    int32_t object_at[OWN_LOADS]; /* the same of the object: words of it that are loaded */
    struct machine_state state;
};

#define OWN_HOLDERS 4u

/* A place in the program's code, and where that code begins and ends. */
#define OWN_PLACES MACHINE_RANGES
struct own_code_place {
    uint64_t address, start, end;
};

/* What was made of one key, kept. */
struct own_results {
    uint32_t count;
    struct machine_result result[MACHINE_RESULTS];
};

/* Which slots keys were led to that the table does not have: own_meetings.h. */
#define OWN_MET_BITS 14u
#define OWN_MET      (1u << OWN_MET_BITS)
struct own_met {
    uint32_t slots[OWN_MET]; /* and one; 0: none */
    uint32_t keys[OWN_MET];
};

struct own_hashes {
    struct machine_code code;
    struct machine_run run;
    uint32_t beginnings, records, callbacks;
    uint64_t steps_left; /* instructions that may yet be carried out for this array, */
    uint64_t steps_left_in_all;
    uint64_t record_steps_left, record_steps_left_in_all; /* the same for records */
    uint64_t other_steps, other_record_steps;             /* in all, of the other allowance */
    struct own_code_place places[OWN_PLACES];
    uint32_t place_count;
    uint64_t holders[OWN_HOLDERS]; /* places that hold the array's address; 0: none */
    bool is_read;
    struct own_results kept[8];
    uint32_t readings_left; /* and places around which code may yet be read */
    struct own_beginning beginning[OWN_BEGINNINGS];
    struct own_record record[OWN_RECORDS];
    uint64_t callback[OWN_CALLBACKS]; /* own_callbacks.h */
    struct own_met met;
    unsigned char memory[MACHINE_RANGES][OWN_RANGE_BYTES];
};

/* Once, when it was mapped. */
void own_hashes_start(struct own_hashes *own);

/* For the next array, allocated by a call stack that goes through these places: the code around
 * them is of interest. */
void own_hashes_near(struct own_hashes *own, const struct own_code_place *places, uint32_t count);

/* As much may be tried again for this array: what was tried before took it for one of another kind.
 */
void own_hashes_again(struct own_hashes *own);

/* Changes to the other allowance, or back, for the array that own_hashes_near() was called for:
 * what one kind of search uses up is not taken from the others. */
void own_hashes_change(struct own_hashes *own);

/* Reads that code, unless it was read already. False where there are no beginnings, or nothing may
 * be tried any more. */
bool own_hashes_ready(struct own_hashes *own, const struct layout_view *view);

/* Whether more than half of what may be tried is left, for this array and in all. */
bool own_hashes_has_half(const struct own_hashes *own, bool of_records);

/* The code was found that hashes the keys of this array: they may all be asked about. */
void own_hashes_found(struct own_hashes *own);

/* What the code makes of the key, from the beginning on; the results are in own->run until the next
 * call. `text`: a zero lies behind it; `length_at`: where its length stands beside a pointer to it,
 * or 0. False when no steps are left. */
bool own_hash_number(struct own_hashes *own, const struct layout_view *view, uint32_t beginning,
                     uint64_t key);
bool own_hash_text(struct own_hashes *own, const struct layout_view *view, uint32_t beginning,
                   const unsigned char *text, size_t length, int8_t length_at);

/* The same of a record: `bytes` are known, and the register leads so far behind their beginning.
 * `object`: where the table's object is, or 0. Notes in `read`, which has room for as many, what
 * was loaded of them. */
bool own_hash_record(struct own_hashes *own, const struct layout_view *view, uint32_t record,
                     const unsigned char *bytes, size_t length, int32_t base, uint64_t object,
                     unsigned char *read);

#endif
