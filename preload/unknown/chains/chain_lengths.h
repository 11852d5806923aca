/*
 * Following chains of entries from a sample of buckets: how long they are, whether they end, and
 * whether they share entries. Part of chains.c and chain_forms.c. No state, no lock, no allocation;
 * every walk is bounded.
 */
#ifndef HASHTRACK_CHAIN_LENGTHS_H
#define HASHTRACK_CHAIN_LENGTHS_H

#include "layouts/layout.h"
#include "learnt.h"

#define CHAIN_LEARN_BUCKETS   128u
#define CHAIN_MEASURE_BUCKETS 2048u

#define CHAIN_LINK_TAG 7u /* the bits of an address that a multiple of eight has not */

/* Entries that are compared, and how many may be alike by chance. */
#define CHAIN_MOST_SEEN   128u
#define CHAIN_MOST_SHARED 3u

/* A pointer to a part of an object looks like a chain of two. */
#define CHAIN_LEAST_LONGEST 3u

/* Entries behind the first ones of chains. */
#define CHAIN_MOST_BEHIND 64u
#define CHAIN_FILTER_BITS 4096u

struct chain_behind {
    uint64_t entries[CHAIN_MOST_BEHIND];
    uint64_t filter[CHAIN_FILTER_BITS / 64]; /* of their prints */
    unsigned count, heads;                   /* of them that are first ones as well */
    const struct slot_profile *profile;
};

struct chain_lengths {
    struct layout_view *view;
    const struct slot_profile *profile;
    uint32_t offset; /* of the next pointer in an entry */
    unsigned wanted;
    uint64_t first;  /* address of the first slot that is scanned */
    uint64_t nil;    /* a node that leads to itself, at which all chains end; 0: none was met */
    bool is_strict;  /* as in struct chain_question */
    bool has_tags;   /* some link would lead on without its lowest bits */
    uint64_t looked; /* buckets; for first_entry the entry it found */
    unsigned chains;
    unsigned bad;
    unsigned longest;
    double sum;
    double squares;
    double part_sum, part_squares; /* of the parts' mean lengths */
    unsigned parts;
    struct chain_behind *behind; /* collects them, or NULL */
    uint16_t *seen; /* of entries behind the first ones, or NULL: chains of a table share none */
    unsigned seen_count, shared;
};

static inline uint32_t chain_filter_bit(uint64_t entry)
{
    return (uint32_t)(entry * 0x9E3779B97F4A7C15ull >> 32) % CHAIN_FILTER_BITS;
}

/* Measures the chains of a piece of the array; `context` is a struct chain_lengths. For
 * layout_scan. */
bool chain_lengths_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context);

struct chain_question {
    uint32_t offset;  /* of the next pointer in an entry */
    unsigned buckets; /* in use, that are looked at */
    unsigned parts;   /* of the array that they are in; 0: they need not be spread over it */
    bool is_strict; /* one that is no chain is enough: walking into the wild costs 24 reads each */
    uint16_t *seen; /* CHAIN_MOST_SEEN, to find entries of two chains; or NULL */
};

/* Measures the chains of some of the buckets. */
void chain_lengths_measure(struct layout_view *view, const struct block *block,
                           const struct slot_profile *profile,
                           const struct chain_question *question, struct chain_lengths *out);

/* How far into an entry a next pointer may lie: to the end of its block, where that is known. */
uint32_t chain_entry_bytes(struct layout_view *view, const struct block *block,
                           const struct slot_profile *profile);

/* The mean of chains in which so many of the buckets hang that so many of them are in use. */
double chain_lengths_expected(const struct chain_lengths *lengths);

#endif
