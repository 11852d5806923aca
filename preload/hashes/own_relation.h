/*
 * Whether the program's own code (own_hashes.h) leads from the keys of entries to the slots that
 * they were found in. Part of keyed_relation.h, which asks here when no function that is known
 * does.
 *
 * Code computes indices of all kinds, from coordinates, times, numbers that were given out in turn.
 * So keys that hardly differ must lead to slots that lie far apart: only a hash does that.
 */
#ifndef HASHTRACK_OWN_RELATION_H
#define HASHTRACK_OWN_RELATION_H

#include <stddef.h>

#include "keyed_relation.h"

#define OWN_KEYS 8u

/* The keys of the first entries asked about. */
struct own_keys {
    const struct relation_question *question;
    uint64_t numbers[OWN_KEYS];
    const unsigned char *texts[OWN_KEYS]; /* a zero lies behind each; all NULL: numbers it is */
    size_t lengths[OWN_KEYS];
    bool are_records;         /* the keys are fields of the entries themselves */
    uint32_t most_strangers;  /* of them, in other slots than their own */
    uint32_t witnesses;       /* of so many one is in its own; */
    uint32_t first_witnesses; /* the others are asked while half of the allowance is left */
};

/* Completes the relation, of which the field is set. */
bool own_relation_find(struct own_keys *keys, struct hash_relation *relation);

/* What the relation's code makes of a key; false when it makes nothing of it. */
bool own_relation_number(const struct layout_view *view, const struct hash_relation *relation,
                         uint64_t key, uint64_t *hash);
bool own_relation_text(const struct layout_view *view, const struct hash_relation *relation,
                       const unsigned char *text, size_t length, uint64_t *hash);

bool own_relation_record(const struct layout_view *view, const struct hash_relation *relation,
                         const unsigned char *window, uint64_t *hash);

/* The slot of a hash. */
uint64_t keyed_relation_reduce(const struct hash_relation *relation, uint64_t capacity,
                               uint64_t hash);

#endif
