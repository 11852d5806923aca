/*
 * Hash functions that programs write for themselves or copy: what a key becomes before a slot is
 * made of it. Numbered, so that a search can go through them. Pure functions.
 *
 * A key is hashed in two steps. The first is one of a few dozen that everybody knows: FNV, djb2,
 * one-at-a-time, a multiplication by a well-known odd number. The second is none, or folds the
 * upper bits onto the lower ones.
 */
#ifndef HASHTRACK_KNOWN_HASHES_H
#define HASHTRACK_KNOWN_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many there are of each. */
extern const uint16_t known_text_hashes, known_number_hashes;

/* Of the second steps the first leaves the hash alone, the next ones fold it, the last ones
 * multiply. */
#define KNOWN_FOLDS    17u
#define KNOWN_HALVES   1u /* the first: of 64 bits the upper half onto the lower */
#define KNOWN_FINISHES (1 + KNOWN_FOLDS + 5)
extern const uint8_t known_folds[KNOWN_FOLDS];

/* The first ones are those that are met most. */
extern const uint16_t known_common_number_hashes;
#define KNOWN_COMMON_FINISHES 6u

/* `number` is below the number of them. What comes out may be taken for 64 bits or for 32. */
uint64_t known_text_hash(uint16_t number, const unsigned char *text, size_t length);
uint64_t known_number_hash(uint16_t number, uint64_t key, uint8_t key_bytes);

/* std::hash of a string, which is a call of libstdc++'s with this as its last argument. */
#define KNOWN_LIBSTDCXX_SEED 0xc70f6907u
uint64_t known_libstdcxx_hash(const unsigned char *text, size_t length);

/* Whether that function only adds up the halves of a number: of a small one it makes the number. */
bool known_number_is_sum(uint16_t number);

/* Whether it is for addresses: of another number it makes the number of a group of neighbours. */
bool known_number_is_of_address(uint16_t number);

/* Of those that multiply. */
uint64_t known_product(uint8_t number, uint64_t hash, uint8_t bits);

static inline bool known_finish_multiplies(uint8_t number)
{
    return number > KNOWN_FOLDS;
}

/* Of 64 bits, or of 32. In line: millions are asked for. */
static inline uint64_t known_finish(uint8_t number, uint64_t hash, uint8_t bits)
{
    if (bits == 32)
        hash = (uint32_t)hash;
    if (number == 0)
        return hash;
    return known_finish_multiplies(number) ? known_product(number, hash, bits)
                                           : hash ^ hash >> known_folds[number - 1];
}

#endif
