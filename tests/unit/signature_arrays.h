/*
 * Two arrays of one history, and what the rehash signature says of them: what the tests of
 * signature.h have in common.
 */
#ifndef HASHTRACK_TEST_SIGNATURE_ARRAYS_H
#define HASHTRACK_TEST_SIGNATURE_ARRAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "readable.h"
#include "signature.h"

struct arrays {
    struct readable readable;
    unsigned char *old, *new;
    size_t old_bytes, new_bytes;
};

/* Both arrays end at the end of their heap block, so that sanitizers see a look beyond it. */
void arrays_make(struct arrays *arrays, size_t old_bytes, size_t new_bytes);
void arrays_free(struct arrays *arrays);

/* The sample and the pieces of compare_memory(), of which there is one at a time. */
extern struct signature_work work;

struct comparison compare_memory(struct readable *readable, const void *old, size_t old_bytes,
                                 const void *new_array, size_t new_bytes, uint32_t unit,
                                 bool paired);
struct comparison compare(struct arrays *arrays, uint32_t unit, bool paired);

/* In none of the four ways that growth.c tries may these two look like a rehash. */
void assert_never_scattered(struct arrays *arrays, const char *what);

void fill_random(unsigned char *memory, size_t bytes, uint64_t seed);

/* For qsort() of words. */
int by_value(const void *a, const void *b);

#endif
