/*
 * Mixes of a number that everybody copies: tables apply them to a key, or to a hash, before a slot
 * is made of it.
 */
#ifndef HASHTRACK_NUMBER_MIXES_H
#define HASHTRACK_NUMBER_MIXES_H

#include <stdint.h>

#define GOLDEN_64     0x9e3779b97f4a7c15u /* 2^64 / golden ratio (Knuth, volume 3, 6.4) */
#define MURMUR_64_1   0xff51afd7ed558ccdu
#define MURMUR_64_2   0xc4ceb9fe1a85ec53u
#define STAFFORD_64_1 0xbf58476d1ce4e5b9u
#define STAFFORD_64_2 0x94d049bb133111ebu

/* MurmurHash3's finalisers (Appleby). */
static inline uint64_t murmur_64(uint64_t x)
{
    x = (x ^ x >> 33) * MURMUR_64_1;
    x = (x ^ x >> 33) * MURMUR_64_2;
    return x ^ x >> 33;
}

static inline uint64_t murmur_32(uint64_t key)
{
    uint32_t x = (uint32_t)key;
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

/* Variant 13 of Stafford's, which splitmix64 ends with. */
static inline uint64_t stafford_64(uint64_t x)
{
    x = (x ^ x >> 30) * STAFFORD_64_1;
    x = (x ^ x >> 27) * STAFFORD_64_2;
    return x ^ x >> 31;
}

static inline uint64_t splitmix_64(uint64_t x)
{
    return stafford_64(x + GOLDEN_64);
}

#endif
