/*
 * Words out of a piece of copied memory, whatever its alignment and declared type.
 */
#ifndef HASHTRACK_WORDS_H
#define HASHTRACK_WORDS_H

#include <stdbool.h>
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

/* Of 1 to 8 bytes. In line for those that are met most: a call of memcpy for each slot would cost
 * more than all else. */
static inline uint64_t word_sized(const unsigned char *piece, size_t offset, uint32_t bytes)
{
    uint64_t word = 0;
    if (bytes == 8)
        return word_u64(piece, offset);
    if (bytes == 4)
        return word_u32(piece, offset);
    memcpy(&word, piece + offset, bytes);
    return word;
}

/* Of one byte and more. */
static inline bool bytes_are_zero(const unsigned char *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

#endif
