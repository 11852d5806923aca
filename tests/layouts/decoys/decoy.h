/*
 * What the decoys share: programs full of data structures that grow like hash tables and are none.
 *
 * A case builds its structure, says where it lies with decoy_look() at each moment at which a
 * report might be fooled (a snapshot is taken there), empties it if that is what real programs do,
 * looks again and frees it. PROGRAM runs all its cases one after the other, on each other's freed
 * memory; PROGRAM CASE runs one.
 */
#ifndef DECOY_H
#define DECOY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* A function of its own, as that of another team would be. */
#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noipa))
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct decoy_case {
    const char *name;
    void (*run)(void);
};

/* Prints a DECOY line (tests/layouts/check_truth.py) and takes a snapshot. */
void decoy_look(const char *what, const void *address);

/* A reproducible sequence of 64-bit numbers, never 0. */
uint64_t decoy_random(void);

/* A live small heap object each time, for arrays of pointers; freed together at the end of the
 * case. */
void *decoy_object(void);

/* The whole of main(). `cases` ends with a null name. */
int decoy_main(int argc, char **argv, const struct decoy_case *cases);

/* For allocations: a fixture that is out of memory tests nothing. */
static inline void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

#ifdef __cplusplus
}
#endif

#endif
