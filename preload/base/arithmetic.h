/* Whole numbers: powers of two, divisors. */
#ifndef HASHTRACK_ARITHMETIC_H
#define HASHTRACK_ARITHMETIC_H

#include <stdbool.h>
#include <stdint.h>

static inline bool is_power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static inline uint64_t distance_between(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static inline uint64_t next_power_of_two(uint64_t n)
{
    uint64_t power = 1;
    while (power < n && power < (1ULL << 62))
        power <<= 1;
    return power;
}

/* Of a number that is not zero, rounded down. */
static inline uint32_t log2_of(uint64_t number)
{
    return 63u - (uint32_t)__builtin_clzll(number);
}

/* The largest number that divides both; the other one where one is zero. */
static inline uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
