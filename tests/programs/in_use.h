/*
 * What the heap of the program holds now, as its malloc counts it: the bytes that a fix gives back
 * are the difference of two such numbers.
 */
#ifndef TESTS_PROGRAMS_IN_USE_H
#define TESTS_PROGRAMS_IN_USE_H

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>

static inline int64_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
}

static inline void print_given_back(const char *implementation, int64_t before)
{
    printf("GAVE_BACK %s %lld\n", implementation, (long long)(before - bytes_in_use()));
}

#endif
