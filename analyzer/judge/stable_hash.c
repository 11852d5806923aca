/* A hash that is the same everywhere: see stable_hash.h. */
#include "stable_hash.h"

#include <string.h>

uint64_t hash_text(uint64_t hash, const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    const size_t bytes = strlen(text) + 1;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3ULL;
    return hash;
}
