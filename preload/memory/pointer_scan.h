/*
 * Who points at an array: one linear pass over the process's writable memory for all arrays
 * together.
 *
 * The headers of most C tables are far below the tracking threshold, so this is the way to them.
 * The pass is made when a layout first asks and costs about what reading the memory costs.
 */
#ifndef HASHTRACK_POINTER_SCAN_H
#define HASHTRACK_POINTER_SCAN_H

#include "live_arrays.h"
#include "memory_pass.h"

#define POINTERS_PER_TARGET 8

/* An address that is looked for: the beginning of an array, the end of a cookie that new[] may have
 * put there, or a handle that a layout named. Kept as its complement: an address would be found by
 * the pass itself. */
struct pointer_target {
    uint64_t complement;
    uint64_t holders[POINTERS_PER_TARGET]; /* 0 where none */
    bool is_done;                          /* no other holder counts */
};

struct pointer_scan {
    const struct memory_reader *reader;
    const struct buffer *maps; /* memory_pass.h */
    unsigned char *scratch;    /* LAYOUT_SCRATCH_BYTES, not the one of the layouts' view */
    bool done, succeeded;
    uint64_t bytes_left_out;            /* memory_pass.h */
    struct busy_memory busy;            /* for the owners' passes as well */
    const struct steady_memory *steady; /* memory_pass.h */
    struct buffer excluded;             /* struct memory_range: the tracker's own memory */
    struct buffer targets;              /* struct pointer_target */
    struct word_filter filter;          /* for those that are not done */
    size_t in_vain;                     /* words met of such as are, since the filter was made */
    struct buffer slots;                /* uint32_t, by the target's address: its number plus 1 */
};

/* The nth address found to hold `address`, which is the beginning of an array or a handle in it; or
 * 0. Makes the pass when it was not made yet. */
uint64_t pointer_scan_find(struct pointer_scan *scan, const struct live_arrays *arrays,
                           uint64_t address, unsigned nth);

/* Leaves out memory of the tracker's, some of which is full of addresses of arrays. Before the
 * pass. */
void pointer_scan_exclude(struct pointer_scan *scan, uint64_t start, uint64_t bytes);

void pointer_scan_free(struct pointer_scan *scan);

#endif
