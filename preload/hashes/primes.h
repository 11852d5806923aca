/*
 * Whether arrays of so many slots are a table's by that alone: nobody numbers anything by a prime
 * but to divide hashes by it. Pure.
 */
#ifndef HASHTRACK_PRIMES_H
#define HASHTRACK_PRIMES_H

#include <stdbool.h>
#include <stdint.h>

#define MOST_TRIED_DIVISOR (1u << 20)

/* False for those that take long, too. */
static inline bool is_prime(uint64_t n)
{
    if (n < 3 || n % 2 == 0)
        return n == 2;
    for (uint64_t divisor = 3; divisor * divisor <= n; divisor += 2)
        if (n % divisor == 0 || divisor > MOST_TRIED_DIVISOR)
            return false;
    return true;
}

#endif
