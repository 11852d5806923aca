/*
 * One linear pass over a process's writable private memory, for all addresses that are looked for
 * together. It costs about what reading the memory costs.
 */
#ifndef HASHTRACK_MEMORY_PASS_H
#define HASHTRACK_MEMORY_PASS_H

#include "reader.h"

/* Memory beyond this is not looked at: an exit must not take longer than a few seconds. Read at 2
 * to 4 GiB/s (tests/bench/pointer_scan.c). */
#define MEMORY_PASS_MOST_BYTES (8ull << 30)

/* Which words are worth a closer look: all that were added, and a few more. Nearly all others are
 * told apart by two comparisons or one bit. */
struct word_filter {
    uint64_t lowest, highest;
    unsigned char *bits;
};

/* False when memory was refused. word_filter_free in either case. */
bool word_filter_begin(struct word_filter *filter);
void word_filter_add(struct word_filter *filter, uint64_t word);
void word_filter_free(struct word_filter *filter);

struct memory_pass {
    const struct memory_reader *reader;
    unsigned char *scratch; /* LAYOUT_SCRATCH_BYTES, 8-aligned */
    const struct word_filter *filter;
    /* Called for every word that passes the filter, with the address where it stands. */
    void (*found)(void *context, uint64_t word, uint64_t where);
    void *context;
    uint64_t bytes;          /* looked at */
    uint64_t bytes_left_out; /* because there was more than MEMORY_PASS_MOST_BYTES */
};

/* False when the memory map could not be read. */
bool memory_pass_make(struct memory_pass *pass);

#endif
