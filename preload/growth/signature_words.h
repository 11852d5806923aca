/*
 * Words of an array as they are sampled and searched for: signature.h.
 */
#ifndef HASHTRACK_SIGNATURE_WORDS_H
#define HASHTRACK_SIGNATURE_WORDS_H

#include <string.h>

#include "signature.h"
#include "signature_pattern.h"

#define RUN_WORDS   16u /* neighbours that are looked at together */
#define LEAST_WORDS 12u /* fewer prove nothing */
#define MOST_RUNS   (SAMPLE_MAX_WORDS / RUN_WORDS)

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t word_at(const unsigned char *memory, uint32_t unit)
{
    uint64_t word = 0;
    memcpy(&word, memory, unit);
    return word;
}

/* A word that says nothing about where it came from: empty slots and the commonest marks for them.
 */
INLINE bool is_plain(uint64_t word, uint32_t unit)
{
    return word == 0 || word == UINT64_MAX >> (64 - 8 * unit);
}

/* The word, or one that stands for it and its neighbour; 0 when it says nothing. */
INLINE uint64_t evidence_at(const unsigned char *memory, uint32_t unit, bool paired)
{
    uint64_t word = word_at(memory, unit);
    if (is_plain(word, unit))
        return 0;
    if (!paired)
        return word;
    uint64_t next = word_at(memory + unit, unit);
    return is_plain(next, unit) ? 0 : hash_word(word) ^ next;
}

#endif
