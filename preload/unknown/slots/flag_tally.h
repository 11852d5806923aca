/*
 * Counting flags: bits, pairs of bits, bytes of slots that lie one behind the other, and bits in
 * buckets of several slots.
 */
#ifndef HASHTRACK_FLAG_TALLY_H
#define HASHTRACK_FLAG_TALLY_H

#include "layouts/layout.h"
#include "learnt.h"

#define FLAG_MOST_STATES     4u   /* values of a byte for each slot */
#define FLAG_MOST_BUCKET     256u /* bytes */
#define FLAG_MOST_MASK_BYTES 4u

/* How many slots have which flags, in all kinds of flags that begin at one address. */
struct flag_tally {
    uint64_t slots;
    uint64_t ones;     /* bits */
    uint64_t pairs[4]; /* pairs of bits by their value */
    uint64_t highs;    /* bytes with the highest bit set */
    uint64_t hashes;   /* words that are not zero, */
    uint64_t unmarked; /* and those whose highest bit is clear */
    unsigned states;   /* values that bytes have; FLAG_MOST_STATES + 1: too many for flags */
    struct {
        uint64_t seen;
        unsigned char value;
    } state[FLAG_MOST_STATES];
};

/* Bytes that the flags of so many slots take. */
uint64_t flag_bytes(enum flag_unit unit, uint64_t slots);

/* Adds the flags from `start` on, of one unit. False when they cannot be read. */
bool flag_tally_read(const struct layout_view *view, uint64_t start, uint64_t slots,
                     enum flag_unit unit, struct flag_tally *tally);

/* How many slots have flags of that value; false where the bytes are no flags. */
bool flag_tally_number(const struct flag_tally *tally, enum flag_unit unit, unsigned value,
                       uint64_t *out);

/* The bits set in each byte of all buckets, and which of them ever are. */
struct flag_columns {
    uint32_t ones[FLAG_MOST_BUCKET];
    uint32_t used[FLAG_MOST_BUCKET]; /* bytes that are not zero */
    unsigned char any[FLAG_MOST_BUCKET];
    unsigned char unset[FLAG_MOST_BUCKET]; /* which are not, in some byte that has others */
};

/* Of all these buckets, to begin with. `bucket_bytes` is a multiple of 8, at most
 * FLAG_MOST_BUCKET. */
bool flag_columns_read(const struct layout_view *view, uint64_t start, uint64_t buckets,
                       uint32_t bucket_bytes, struct flag_columns *columns);

/* What bits these other buckets have set besides; `ones` stays as it is. */
bool flag_columns_add_bits(const struct layout_view *view, uint64_t start, uint64_t buckets,
                           uint32_t bucket_bytes, struct flag_columns *columns);

/* Slots of a bucket that has a bit for each from that column on; 0: there are no such bits, all of
 * which some bucket would have set. */
uint32_t flag_columns_slots(const struct flag_columns *columns, uint32_t bucket_bytes,
                            uint32_t column);

/* Whether from that column on no bucket has a bit set behind those of so many slots, in the bytes
 * that these take. */
bool flag_columns_fit(const struct flag_columns *columns, uint32_t bucket_bytes, uint32_t column,
                      uint32_t slots);

/* Whether some bucket has only some of so many bits set: each may be a slot's. Those that are
 * always set together are a number that is the same in all entries, as the upper bytes of
 * addresses; those of which one alone is set in each a number that has but a few values. */
bool flag_columns_differ(const struct flag_columns *columns, uint32_t column, uint32_t slots);

/* How many of so many bits of each bucket are set. */
uint64_t flag_columns_number(const struct flag_columns *columns, uint32_t column, uint32_t slots);

#endif
