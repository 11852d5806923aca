/*
 * Tables that move their entries step by step: an object with two arrays, the one in use and, while
 * it is being emptied, its successor. Redis and Valkey keep their tables so.
 */
#ifndef HASHTRACK_STEPWISE_H
#define HASHTRACK_STEPWISE_H

#include "layout.h"

/* What the object says. */
struct stepwise {
    uint64_t arrays[2]; /* 0: none */
    uint64_t buckets[2];
    uint64_t used[2]; /* entries */
    bool is_rehashing;
};

/* One version of such an object. */
struct stepwise_format {
    unsigned array_offsets[2]; /* where in the object the addresses of the arrays stand */
    uint64_t bucket_bytes;
    /* Whether this may be one, all fields agreeing with each other. */
    bool (*read)(const struct layout_view *view, uint64_t object, struct stepwise *out);
};

/* The object that calls the block its array `*which` and agrees with its size; 0 when there is
 * none, or when the other array speaks for the table: the new one does, unless it is not tracked.
 */
uint64_t stepwise_find(const struct layout_view *view, const struct stepwise_format *format,
                       const struct block *block, struct stepwise *table, unsigned *which);

/* Fills in header, live, arrays and flags. */
void stepwise_fill(const struct layout_view *view, const struct stepwise_format *format,
                   const struct block *block, uint64_t object, const struct stepwise *table,
                   unsigned which, struct table_reading *out);

#endif
