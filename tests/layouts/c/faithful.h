/*
 * What the faithful tables have in common. Each lies in memory, grows and shrinks as a library's
 * that Debian does not package, so that the layout reader meets the real thing in the tests; here
 * they are filled, swept and measured.
 */
#ifndef FAITHFUL_H
#define FAITHFUL_H

#include "truth.h"

#include <string.h>

struct faithful_state {
    const void *address; /* of the array that stands for the table */
    uint64_t capacity, live;
    uint64_t bytes; /* of all arrays */
};

/* The one table of the program; entry `i` is its own for every i. What is NULL does not exist. */
struct faithful_table {
    const char *implementation;
    uint64_t entries; /* it is filled with */
    void (*insert)(uint64_t i);
    void (*erase)(uint64_t i);
    void (*clear)(void);
    void (*reserve)(uint64_t entries);
    void (*shrink)(void);   /* as the layout's shrink_call does */
    void (*release)(void);  /* it is empty afterwards and can be used again */
    bool shrinks_by_itself; /* a swept one is no finding */
    struct faithful_state (*state)(void);
};

/* Scenarios: full, hollow (98 % erased), clear, reserve, churn, freed, capacity. */
int faithful_main(const struct faithful_table *table, const char *scenario);

/* What malloc() or realloc() returned, which must not be NULL. */
static inline void *need(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

#endif
