/*
 * What a field that names slots has besides: random bits, which a hash has and a number that was
 * given out has not. Part of hash_relation.c.
 */
#ifndef HASHTRACK_HASH_REST_H
#define HASHTRACK_HASH_REST_H

#include "hash_relation.h"

/* Whether it is a hash, or a key that is mixed: sets is_mixed_key and spare_bits. */
bool hash_rest_is_hash(const struct relation_question *question, struct hash_relation *relation);

/* The slot of a field that was mixed. */
uint64_t hash_relation_reduce(const struct hash_relation *relation, uint64_t capacity,
                              uint64_t hash);

#endif
