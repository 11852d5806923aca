/*
 * The burst that every example goes through: a million sessions begin, then all but ten end. Count
 * and size are those of the well-known Go program, https://100go.co/28-maps-memory-leaks/.
 */
#ifndef EXAMPLES_WORKLOAD_H
#define EXAMPLES_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

enum { SESSION_COUNT = 1000000, SESSION_BYTES = 128 };

struct session {
    char state[SESSION_BYTES];
};

static inline bool outlives_the_burst(uint64_t id)
{
    return id % 100000 == 0;
}

#endif
