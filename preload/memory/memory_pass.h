/*
 * One linear pass over a process's writable private memory, for all addresses that are looked for
 * together. It costs about what reading the memory costs.
 */
#ifndef HASHTRACK_MEMORY_PASS_H
#define HASHTRACK_MEMORY_PASS_H

#include "buffer.h"
#include "reader.h"

/* Memory beyond this is not looked at: an exit must not take longer than a few seconds. A heap
 * full of pointers is read at 3 GiB/s (tests/bench/pointer_scan.c). */
#define MEMORY_PASS_MOST_BYTES (8ull << 30)

/* Which words are worth a closer look: all that were added, and a few more. Nearly all others are
 * told apart by two comparisons or one bit. */
struct word_filter {
    uint64_t lowest, highest;
    uint32_t mask;  /* from a word's hash to its bit */
    uint32_t bytes; /* of the bits */
    uint64_t *bits;
};

/* For about so many addresses. False when memory was refused; word_filter_free in either case. */
bool word_filter_begin(struct word_filter *filter, size_t addresses);
void word_filter_add(struct word_filter *filter, uint64_t word);
/* Nothing passes, until something is added again. */
void word_filter_clear(struct word_filter *filter);
void word_filter_free(struct word_filter *filter);

/* Pieces of memory in which the first pass saw an address of writable memory, any of them. Those
 * that follow look only there: not at numbers and text, and neither map nor page map is read again.
 */
struct busy_memory {
    struct buffer ranges; /* struct busy_range, in order */
    bool is_known;
};

struct busy_range {
    uint64_t start, end; /* of one mapping */
    bool may_be_steady;
};

struct memory_pass {
    const struct memory_reader *reader;
    const struct buffer *maps; /* of the reader's process (maps_read); NULL: they are read */
    unsigned char *scratch;    /* LAYOUT_SCRATCH_BYTES, 8-aligned */
    const struct word_filter *filter;
    const struct buffer
        *left_out;            /* struct memory_range, by their starts: not looked at; or NULL */
    struct busy_memory *busy; /* found out by the first pass that has it; or NULL */
    const struct steady_memory *steady; /* or NULL */
    /* Called for every word that passes the filter, with the address where it stands. */
    void (*found)(void *context, uint64_t word, uint64_t where);
    void *context;
    uint64_t bytes;           /* looked at, and so many more for each word that was found */
    uint64_t bytes_left_out;  /* because there was more than MEMORY_PASS_MOST_BYTES */
    uint64_t lowest, highest; /* what is between may be an address: the pass's own */
    size_t left_out_at;       /* the range that comes next: the pass's own */
    bool is_incomplete;       /* a piece was not noted for want of memory: the pass's own */
};

/* False when the maps could not be read. */
bool memory_pass_make(struct memory_pass *pass);

#endif
