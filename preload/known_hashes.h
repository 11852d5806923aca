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
extern const uint8_t known_finishes; /* the first leaves the hash alone */

/* The first ones are those that are met most. */
extern const uint16_t known_common_number_hashes;
#define KNOWN_COMMON_FINISHES 6u

/* `number` is below the number of them. What comes out may be taken for 64 bits or for 32. */
uint64_t known_text_hash(uint16_t number, const unsigned char *text, size_t length);
uint64_t known_number_hash(uint16_t number, uint64_t key, uint8_t key_bytes);

/* Of 64 bits, or of 32. */
uint64_t known_finish(uint8_t number, uint64_t hash, uint8_t bits);
bool known_finish_multiplies(uint8_t number);

#endif
