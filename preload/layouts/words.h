/*
 * Words out of a piece of copied memory, whatever its alignment and declared type.
 */
#ifndef HASHTRACK_WORDS_H
#define HASHTRACK_WORDS_H

#include <stdint.h>
#include <string.h>

static inline uint64_t word_u64(const unsigned char *piece, size_t offset)
{
    uint64_t word;
    memcpy(&word, piece + offset, sizeof(word));
    return word;
}

static inline uint32_t word_u32(const unsigned char *piece, size_t offset)
{
    uint32_t word;
    memcpy(&word, piece + offset, sizeof(word));
    return word;
}

#endif
