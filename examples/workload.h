/*
 * The burst that every example goes through: a million sessions begin, then all but ten end. The
 * numbers are those of the Go program that https://github.com/golang/go/issues/20135 is about.
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
