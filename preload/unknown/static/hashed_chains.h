/*
 * Chains whose members all belong into the bucket that they hang from.
 */
#ifndef HASHTRACK_HASHED_CHAINS_H
#define HASHTRACK_HASHED_CHAINS_H

#include "hash_relation.h"
#include "slot_shapes.h"

#define CHAIN_HEADS 1024u /* of one table that are followed */

struct chain_head {
    uint64_t slot;
    uint64_t place; /* slot_shape_place() */
    uint64_t entry; /* and there */
};

struct hashed_chain {
    const struct hash_relation *relation;
    const struct slot_shape *shape;
    const struct block *block; /* the buckets */
    uint32_t window_before;    /* an entry's address is so far into its window */
    uint32_t next_offset;      /* in the window */
    uint32_t first_link; /* by index: the number of the first entry in links: shape->first_index,
                            or 0 where only heads are numbered from 1, for 0 is an empty one */
    struct block links;  /* by index: where the links lie apart from the entries; or no bytes */
    bool is_sparse;      /* at most half of the buckets are in use */
};

/* A field that may hold the links. */
struct chain_link {
    uint32_t members, strangers; /* what it led to: entries of the same bucket, anything else */
    uint64_t end;                /* the word that ends all lists, where it is none of the usual */
    bool has_end;
    bool has_single; /* some list ends with its first entry */
};
#define CHAIN_LINKS (RELATION_WINDOW / 4)

/* Whether one field of the entries, which are the first ones of their buckets, leads to other
 * entries of the same bucket, or to an end. `first` and `end`: what can be read of their window.
 * `links` is room to work in. Few of the buckets of a nearly empty table have a second entry, so
 * all heads are looked at. */
bool hashed_chains_find(const struct layout_view *view, const struct hashed_chain *chain,
                        const struct chain_head *heads, uint32_t count, uint32_t first,
                        uint32_t end, struct chain_link links[CHAIN_LINKS], uint32_t *next_offset);

/* The same of links that lie apart, in chain->links. */
bool hashed_chains_are_linked(const struct layout_view *view, const struct hashed_chain *chain,
                              const struct chain_head *heads, uint32_t count);

struct chain_lengths {
    uint64_t chains, entries;
    double mean, error; /* of a chain's length, and its standard error */
};

/* Follows `count` of the chains, spread over all `number`. False where they are not what was found
 * before. */
bool hashed_chains_measure(const struct layout_view *view, const struct hashed_chain *chain,
                           const struct chain_head *heads, uint32_t number, uint32_t count,
                           struct chain_lengths *out);

#endif
