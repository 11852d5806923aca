/*
 * Buckets of two pointers, to the first entry of a list and to the last: the same one twice where
 * the list has one entry. In an empty bucket both are NULL, or lead to something that is no entry,
 * as the head of the one list that has the entries of all buckets in it.
 */
#ifndef HASHTRACK_BUCKET_PAIRS_H
#define HASHTRACK_BUCKET_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "learnt.h"

#define BUCKET_PAIR_BYTES 16u

/* Whether the words from `memory` on, two by two, are such buckets; `profile` is of slots of one
 * word or of two and knows what an empty one holds. Then makes it one of these buckets. */
bool bucket_pairs_learn(const unsigned char *memory, size_t bytes, struct slot_profile *profile);

#endif
