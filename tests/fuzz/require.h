/*
 * What must hold of any input: a target that finds it broken ends by abort(), which the fuzzer and
 * the test see.
 */
#ifndef HASHTRACK_TESTS_FUZZ_REQUIRE_H
#define HASHTRACK_TESTS_FUZZ_REQUIRE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

#endif
