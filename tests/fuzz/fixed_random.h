/*
 * The numbers of a target's fixed set: the same in each run, for a failure must come again. A
 * target defines RANDOM_SEED, one of its own, before it includes this.
 */
#ifndef HASHTRACK_TESTS_FUZZ_FIXED_RANDOM_H
#define HASHTRACK_TESTS_FUZZ_FIXED_RANDOM_H

#include <stdint.h>

static uint64_t random_state = RANDOM_SEED;

/* Marsaglia's xorshift of 64 bits. */
static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

#endif
