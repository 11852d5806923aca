/*
 * What a fixture prints: TRUTH lines for tests/layouts/check_truth.py, about its own table as the
 * implementation's own interface describes it, and CAPACITY lines for check_capacity.c.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include "hashtrack.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define TOMBSTONES_UNTOLD UINT64_MAX

struct truth {
    const char *implementation;
    const void *address; /* of the array of buckets or slots */
    uint64_t capacity, live, tombstones;
    uint64_t peak; /* the most entries it ever held */
};

/* `snapshot` is the label under which the numbers are true; the caller takes that snapshot. Then it
 * may apply the fix and say how many bytes less of the heap it held after that; 0: it did not. */
static inline void print_truth_and_saving(struct truth truth, const char *verdict,
                                          const char *snapshot, bool freed, uint64_t saves_bytes)
{
    printf("TRUTH {\"implementation\": \"%s\", \"address\": \"%p\", \"capacity\": %" PRIu64
           ", \"live\": %" PRIu64 ", \"peak\": %" PRIu64,
           truth.implementation, truth.address, truth.capacity, truth.live, truth.peak);
    if (truth.tombstones != TOMBSTONES_UNTOLD)
        printf(", \"tombstones\": %" PRIu64, truth.tombstones);
    if (saves_bytes != 0)
        printf(", \"saves_bytes\": %" PRIu64, saves_bytes);
    printf(", \"verdict\": \"%s\", \"snapshot\": \"%s\", \"freed\": %s}\n", verdict, snapshot,
           freed ? "true" : "false");
    fflush(stdout);
}

static inline void print_truth(struct truth truth, const char *verdict, const char *snapshot,
                               bool freed)
{
    print_truth_and_saving(truth, verdict, snapshot, freed, 0);
}

/* Tables of one place that are too small for a finding each: see check_truth.py. Arrays below 4 KiB
 * are not watched growing (LEAST_SEEN_GROWING in analyzer/judge/verdict.c), so that nobody can tell
 * why they are empty. */
static inline void print_many(const char *implementation, uint64_t tables, uint64_t capacity,
                              uint64_t live, uint64_t array_bytes)
{
    printf("MANY {\"implementation\": \"%s\", \"tables\": %" PRIu64 ", \"capacity\": %" PRIu64
           ", \"live\": %" PRIu64 ", \"verdicts\": [%s], \"snapshot\": \"end\"}\n",
           implementation, tables, capacity, live,
           array_bytes < 4096 ? "\"hollow\", \"over-reserved\"" : "\"hollow\"");
    fflush(stdout);
}

/* The fix was applied to a table of `live` entries: what its arrays were before and are now. */
static inline void print_capacity(const char *implementation, uint64_t live, uint64_t capacity,
                                  uint64_t bytes, uint64_t fixed_capacity, uint64_t fixed_bytes)
{
    printf("CAPACITY %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", live,
           capacity, bytes, fixed_capacity, fixed_bytes, implementation);
}

static inline void unknown_scenario(const char *scenario)
{
    fprintf(stderr, "no such scenario: %s\n", scenario);
    exit(2);
}

#endif
