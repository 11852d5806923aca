/*
 * The burst that every example goes through: a million sessions begin, then all but ten end. Count
 * and size are those of the well-known Go program, https://100go.co/28-maps-memory-leaks/.
 */
#ifndef EXAMPLES_WORKLOAD_H
#define EXAMPLES_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

enum { SESSION_COUNT = 1000000, SESSION_WORDS = 16 };

struct session {
    uint64_t state[SESSION_WORDS];
};

/* 128 bytes as good as random: xorshift64, Marsaglia 2003. */
static inline void begin_session(struct session *session, uint64_t id)
{
    uint64_t random = id;

    for (int i = 0; i < SESSION_WORDS; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        session->state[i] = random;
    }
}

static inline bool outlives_the_burst(uint64_t id)
{
    return id % 100000 == 0;
}

#endif
