/*
 * Is this table hollow? A ratio alone cries wolf: the load must be below half of what it is right
 * after a growth, the best fix must save enough, and something must show that it was fuller once.
 */
#ifndef HASHTRACK_VERDICT_H
#define HASHTRACK_VERDICT_H

#include "dump_reader.h"
#include "refills.h"
#include "saving.h"

enum verdict {
    VERDICT_OK = 0,
    VERDICT_GROWING,
    VERDICT_HOLLOW,
    VERDICT_OVER_RESERVED,
    VERDICT_TOMBSTONES,
};

/* What decided. `--explain` has a sentence for each. */
enum verdict_reason {
    REASON_NOT_READ, /* capacity or live unknown */
    REASON_LOADED,   /* load at or above the limit */
    REASON_NO_WAY,   /* its implementation offers none to make it smaller: it has no limit */
    REASON_SMALL,    /* the best fix saves less than the minimum */
    REASON_SHRINKS_BY_ITSELF,
    REASON_MOVING, /* entries are on their way from an old array into a new one */
    REASON_JUST_GREW,
    REASON_PEAK, /* it is known to have held more than the limit */
    REASON_GREW_STEP_BY_STEP,
    REASON_SIBLING_GREW,        /* other tables of its place reached this size by growing */
    REASON_GROWTH_NOT_SEEN,     /* so small that its growth, if there was one, was not seen */
    REASON_GROWTH_HIDDEN,       /* of a kind that grows without being seen */
    REASON_NEVER_FULLER,        /* the capacity came in one jump and was never reached */
    REASON_DELETED_MARKS,       /* tombstones fill the slots: entries were there */
    REASON_CAPACITY_ROSE_ALONE, /* growth after growth with the same number of entries */
};

struct judgement {
    enum verdict verdict;
    enum verdict_reason reason;
    struct load_limits limits;
    bool below_limit;     /* whatever the verdict */
    uint64_t proven_peak; /* the most entries any record shows; 0 when none does */
    struct refills refills;
};

/* What a user may set. All zero: the defaults. */
struct finding_limits {
    uint64_t min_saving; /* a fix that saves less is no finding; 0: default_min_saving() */
    double min_fill;     /* hollow below this load; 0: half of what the family has after a growth */
};

/* The saving from which on a table is worth a finding, when the user names none: 1 MiB, or 1 % of
 * what was tracked where that is more. */
uint64_t default_min_saving(const struct dump *dump);

/* The table came to its size by growing, not by one reservation at the end. */
bool grew_step_by_step(const struct dump *dump, const struct dump_table *table);

/* `sibling_grew`: see siblings.h. */
struct judgement judge_table(const struct dump *dump, const struct dump_table *table,
                             const struct layout *layout, const struct saving *saving,
                             const struct finding_limits *limits, bool sibling_grew);

/* Hollow, over-reserved or tombstones. */
bool verdict_is_finding(enum verdict verdict);

/* The word in the JSON report: "over-reserved". */
const char *verdict_word(enum verdict verdict);

#endif
