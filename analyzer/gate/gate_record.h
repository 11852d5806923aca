/*
 * What one dump adds to the gate: its hollow tables, and what there is to say of the dump as a
 * whole. Made by the process that reads the dump (check_dump.c), handed to the one that decides as
 * a line of JSON.
 */
#ifndef HASHTRACK_GATE_RECORD_H
#define HASHTRACK_GATE_RECORD_H

#include <jansson.h>

#include "error.h"
#include "gate.h"

/* One hollow table: a finding that is not judged yet. */
struct gate_table {
    struct gate_finding finding;
    struct gate_frame *birth; /* the other stack: where finding.frames are those of a growth */
    size_t birth_count;
};

/* A place where a table grew, whatever became of it: the fingerprint that a finding there would
 * have. */
struct gate_grown {
    char fingerprint[FINGERPRINT_BYTES];
    uint64_t bytes; /* of the largest array that a table grew into there */
};

struct gate_dump {
    char *path; /* as the user named it */
    char *program;
    struct error error; /* why it was not read, or is not whole; text "" when all is well */
    bool read;
    /* DUMP_REASON_NO_DUMP or DUMP_REASON_UNTRACKED when it stands in place of a process that left
     * none (unseen.h); else 0. Then `why` is a clause, and nothing else is there but the program.
     */
    uint32_t unseen;
    uint32_t pid;
    char *why;
    size_t tables;
    uint64_t largest_quiet; /* as in struct gate */
    uint64_t largest_bytes; /* of largest_table */
    char *largest_table;
    char *suppressions; /* of its __lsan_default_suppressions(); NULL when it has none */
    char **warnings;
    size_t warning_count;
    struct gate_table *hollow;
    size_t hollow_count;
    struct gate_grown *grown; /* only where there is a baseline to be held against it */
    size_t grown_count;
};

void gate_dump_free(struct gate_dump *dump);

/* All but `path`, which the reader of the line knows. The reference is the caller's; *ok becomes
 * false when memory ran out. */
json_t *gate_dump_to_json(const struct gate_dump *dump, bool *ok);

/* False when the object is not what gate_dump_to_json() makes, or memory ran out: *dump is to be
 * freed all the same. */
bool gate_dump_from_json(const json_t *object, struct gate_dump *dump);

/* A finding with every key that is known, as a line for the gate and as the JSON output has it. */
json_t *gate_finding_to_json(const struct gate_finding *finding, bool *ok);

/* Appends a copy of `text` to a list. */
bool text_list_add(char ***list, size_t *count, const char *text);
void text_list_free(char **list, size_t count);

#endif
