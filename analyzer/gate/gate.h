/*
 * What `check` decides on: the findings of all dumps, equal ones merged, each with what the
 * baseline, the suppressions and the limits say of it. Every output of check (render_check_*.c)
 * starts from here and adds no judgement of its own.
 */
#ifndef HASHTRACK_GATE_H
#define HASHTRACK_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

#define FINGERPRINT_BYTES 32u /* 16 hexadecimal digits, "-N" after them where one is not enough */

/* What is to be said of a finding. */
enum gate_state {
    GATE_INTRODUCED,  /* in no baseline: counts against the limits */
    GATE_WORSENED,    /* larger than its baseline allows: counts */
    GATE_PREEXISTING, /* as the baseline has it */
    GATE_ACCEPTED,    /* by a person, with a reason, and not expired */
    GATE_SUPPRESSED,  /* by a line of a suppressions file: in no total */
    GATE_STATE_COUNT,
};

/* A frame of the growth stack; strings may be NULL where they are not known. */
struct gate_frame {
    char *function;
    char *file; /* as DWARF has it, absolute where it says so */
    int line;
    char *module;
    uint64_t offset;
    bool inlined;
    bool internal; /* fold.h: of a container, an allocator or the start-up code */
};

/* One place in the program whose tables are hollow: tables of one fingerprint, over all dumps. The
 * numbers are those of the dump in which it wastes most. */
struct gate_finding {
    char fingerprint[FINGERPRINT_BYTES];
    enum verdict verdict; /* the rule: hollow, over-reserved or tombstones */
    enum gate_state state;
    bool over_limit; /* this finding alone passes a limit: max-per-site, or any where none is set */

    char *implementation; /* "std::unordered_map", "unknown" */
    char *owner;          /* "g_cache.sessions", "cache, a local of main", "a heap block of
                            ..."; NULL when not known */
    char *owner_name;     /* the same where room is short: "cache"; NULL for what is no variable */
    char **other_owners;  /* of its other tables in that dump, each once; set by the gate */
    size_t other_owner_count;
    char **functions; /* names that the fingerprint is made of, innermost first */
    size_t function_count;
    char *function; /* the first frame that is the user's own, NULL when not known */
    char *file;     /* of that frame; NULL when not known */
    int line;
    char *module; /* path of the module it lies in */

    char *program; /* path, of that dump */
    char *dump;    /* path of that dump */
    size_t dumps;  /* how many dumps show it */
    size_t tables; /* how many tables, in that dump */

    uint64_t saving; /* bytes that the best fixes of these tables save, at the least */
    uint64_t
        saving_at_most; /* larger where the entries are estimated: at the interval's other end */
    uint64_t baseline;  /* bytes that the baseline allows it; 0 when it has none */
    uint64_t bytes;     /* of their arrays */
    uint64_t capacity;  /* of the table among them that wastes most, as all that follows */
    uint64_t live;
    uint64_t live_at_least; /* with live_at_most the interval of an estimate; equal when exact */
    uint64_t live_at_most;
    uint64_t peak_live; /* 0 when not known */
    bool estimated;
    bool freed_at_end; /* one of these tables is gone, freed at the end (freed_at_end.h) */
    bool near_limit;   /* the estimate's interval has a limit in it: the report says so */
    char *action;      /* advice_word(): "recreate"; NULL when there is no advice */
    char *how;
    char *cost;
    char *reason;  /* of the accepted and the suppressed one: who says so */
    char *expires; /* "2026-12-01", NULL for never */

    bool grown; /* frames are those of its last growth; else of its first array */
    struct gate_frame *frames;
    size_t frame_count;
};

/* A line of the baseline that no finding met. */
struct gate_fixed {
    char fingerprint[FINGERPRINT_BYTES];
    char *site; /* in words: "Cache::insert" */
    uint64_t bytes;
    unsigned line; /* of the baseline */
};

/* A suppression that was used. */
struct gate_suppression {
    char *rule; /* "hollow:Cache::*" as its file has it */
    char *from; /* "file:line", or the program's __lsan_default_suppressions() */
    size_t findings;
    uint64_t bytes;
};

/* A process of which there is no dump. The strings are borrowed from the dumps. */
struct gate_unseen {
    const char *program; /* path; NULL when not known */
    const char *why;     /* a clause */
    uint32_t pid;
    bool was_tracked; /* it left no dump; else the tracker never was in it */
    bool is_allowed;  /* --allow-missing names its program */
};

struct gate {
    struct gate_finding *findings; /* by state, the largest first, then by fingerprint */
    size_t finding_count;
    size_t state_count[GATE_STATE_COUNT];
    struct gate_fixed *fixed; /* tables grew there as large as before and are not hollow any more */
    size_t fixed_count;
    struct gate_fixed *not_seen; /* of programs that were looked at, and no more is known: a filter
                                    may have left them out, or their code is gone */
    size_t not_seen_count;
    struct gate_suppression *suppressions;
    size_t suppression_count;
    struct gate_unseen *unseen; /* by program */
    size_t unseen_count;
    char **warnings; /* sentences: a stale entry, an expired acceptance, a dump that is partial */
    size_t warning_count;

    size_t dumps;  /* read */
    size_t tables; /* looked at in them */
    /* Sentences, one a dump that could not be read, is partial or could not be tracked, and one a
     * program of which processes left none: each forbids to be green, whatever `failed` says. */
    char **errors;
    size_t error_count;
    size_t broken_dumps;    /* so many of the errors' dumps are there, and are no good */
    uint64_t counted_bytes; /* of introduced and worsened findings, of these what is beyond the
                               baseline: what max-hollow is held against */
    uint64_t hollow_bytes;  /* of all findings but the suppressed */
    uint64_t largest_quiet; /* the most that a table without a finding could save; 0 when none */
    char *largest_table;    /* without a finding, in words: "std::unordered_map from main (a.cc:3),
                               10.00 MiB, load 0.85"; NULL when there is none */

    bool failed; /* a limit is passed: STATUS_FINDINGS */
    char *
        *failures; /* sentences, one a limit that is passed, with its figure and where it is set */
    size_t failure_count;
    size_t removed_dumps;      /* so many are not kept, for nothing is wrong in them */
    const char *baseline_path; /* NULL when there is none */
    int status;                /* what `check` exits with */
};

/* "introduced", ... */
const char *gate_state_word(enum gate_state state);

/* The id of the rule in all outputs: "hollow", "over-reserved", "tombstones". */
const char *gate_rule(const struct gate_finding *finding);

/* Processes of which there is no dump, and nobody has said that this may be. */
size_t gate_missing(const struct gate *gate);

/* Whether it counts against the limits. */
bool gate_counts(const struct gate_finding *finding);

/* The bytes it counts with: of a worsened one what it has beyond its baseline; 0 when it does not
 * count. */
uint64_t gate_counted_bytes(const struct gate_finding *finding);

#endif
