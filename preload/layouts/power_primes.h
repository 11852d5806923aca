/*
 * The largest prime below each power of two: prime_mod[] of GLib (glib/ghash.c) and prime_tab[] of
 * libiberty and GCC (libiberty/hashtab.c, gcc/hash-table.cc), which begins at 7.
 */
#ifndef HASHTRACK_POWER_PRIMES_H
#define HASHTRACK_POWER_PRIMES_H

#include <stdint.h>

#define POWER_PRIMES 33u

/* power_primes[k] for 2^k */
static const uint32_t power_primes[POWER_PRIMES] = {
    1,         2,         3,          7,          13,         31,       61,
    127,       251,       509,        1021,       2039,       4093,     8191,
    16381,     32749,     65521,      131071,     262139,     524287,   1048573,
    2097143,   4194301,   8388593,    16777213,   33554393,   67108859, 134217689,
    268435399, 536870909, 1073741789, 2147483647, 4294967291,
};

#endif
