/* A hash that is the same on every machine and in every release: ids and fingerprints are kept in
 * files. FNV-1a, 64 bits (draft-eastlake-fnv). */
#ifndef HASHTRACK_STABLE_HASH_H
#define HASHTRACK_STABLE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* To begin with. */
#define STABLE_HASH_START 0xcbf29ce484222325ULL

/* The \0 goes in, so that "ab","c" is not "a","bc". */
uint64_t hash_text(uint64_t hash, const char *text);

#endif
