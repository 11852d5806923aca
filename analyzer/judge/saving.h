/*
 * The arithmetic: how many bytes a table holds, and how many it would hold after each fix. No
 * opinion on whether the fix is called for: that is verdict.h's question.
 */
#ifndef HASHTRACK_SAVING_H
#define HASHTRACK_SAVING_H

#include "dump_format.h"
#include "layouts/layout.h"

struct saving {
    bool known;         /* capacity and live are known, so the rest means something */
    uint64_t live_high; /* live and two standard errors: what every saving is computed for */
    double load;        /* live_high / capacity */

    /* Rebuilt with live_high entries, the empty slots of the new arrays counted. */
    uint64_t rebuilt_capacity;
    uint64_t rebuilt_bytes;
    uint64_t freed_entry_bytes; /* blocks outside the arrays that only rebuilding gives back */
    uint64_t rebuild;           /* bytes saved; 0 when it would not be smaller */

    /* A pointer in each slot and the value in a block of its own, at the capacity it has. */
    bool box_pays;
    uint64_t boxed_value_bytes; /* what is moved out of the slot */
    uint64_t boxed_bytes;
    uint64_t box;
    int64_t box_at_peak; /* the same with peak_live entries, negative for a loss; 0 when unknown */
};

/* Bytes of the block that glibc's malloc uses for a request: 8 bytes of header, rounded up to 16,
 * at least 32 (malloc/malloc.c: request2size, MINSIZE; glibc 2.36, 64 bits). */
uint64_t malloc_chunk_bytes(uint64_t request);

/* Load just after a growth, which half of makes the limit below which a table may be hollow; and
 * the load at which it grows. Design section 6; for unknown tables from what was measured at
 * growths. */
struct load_limits {
    double at_growth;
    double after_growth;
    double hollow_below;
    bool measured; /* from this table's own growths */
};
struct load_limits load_limits_of(const struct dump_table *table, const struct layout *layout,
                                  const struct dump_growth *growths);

/* `layout` is NULL for an implementation that is not known; `growths` are the table's own. */
struct saving saving_of(const struct dump_table *table, const struct layout *layout,
                        const struct dump_growth *growths);

/* Of `saved` bytes those that come back in resident memory, when `after` bytes are in use then. */
uint64_t resident_saving(const struct dump_table *table, uint64_t saved, uint64_t after);

/* The larger of the savings by rebuilding and by boxing. */
uint64_t best_saving(const struct saving *saving);

#endif
