/*
 * A search for the code that leads from keys to slots: what own_relation.c tries and own_scatter.c
 * judges. Private to these files.
 */
#ifndef HASHTRACK_OWN_SEARCH_H
#define HASHTRACK_OWN_SEARCH_H

#include "own_hashes.h"
#include "own_relation.h"

struct own_search {
    struct own_keys *keys;
    struct hash_relation *relation;
    struct own_hashes *own;
    const struct layout_view *view;
    uint32_t beginning;
    uint32_t first_witness, end_witness; /* that are asked about */
    uint32_t ran;                        /* a bit for each key that this beginning was tried with */
    unsigned char read[RELATION_WINDOW]; /* of records: which bytes of the window were */
};

static inline uint64_t slot_for(const struct hash_relation *relation, uint64_t capacity,
                                uint64_t hash)
{
    if (relation->hash_bits == 32)
        hash &= UINT32_MAX;
    return keyed_relation_reduce(relation, capacity, hash);
}

/* Whether the code of search->relation, with which the entries agree, makes a hash. Then sets
 * is_mixed_key where that is beyond doubt though no entry met another. */
bool own_is_hash(struct own_search *search);

#endif
