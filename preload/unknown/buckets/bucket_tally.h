/*
 * What the words and bytes at each place of a bucket hold, over all buckets of an array: from which
 * bucket_shape.c tells the columns that are its slots.
 */
#ifndef HASHTRACK_BUCKET_TALLY_H
#define HASHTRACK_BUCKET_TALLY_H

#include "layouts/layout.h"

#define BUCKET_LEAST_BYTES 16u
#define BUCKET_MOST_BYTES  256u

/* What the columns of all buckets hold. */
struct bucket_tally {
    uint32_t filled[4][BUCKET_MOST_BYTES]; /* words of 1, 2, 4, 8 bytes at that offset, not zero */
    uint32_t ones[4][BUCKET_MOST_BYTES];   /* with all bits set */
    uint32_t high[BUCKET_MOST_BYTES];      /* bytes with nothing but the highest bit set */
    uint64_t sum[BUCKET_MOST_BYTES];       /* of bytes */
    uint32_t bits[BUCKET_MOST_BYTES];      /* bits set in them */
    unsigned char most[BUCKET_MOST_BYTES]; /* the largest byte */
    unsigned char any[BUCKET_MOST_BYTES];  /* bits ever set */
};

/* Work memory of one look. */
struct bucket_work {
    struct bucket_tally *tally;
    unsigned char *piece; /* LAYOUT_SCRATCH_BYTES */
};

/* An array of buckets: that of before a growth, or that of behind it. */
struct bucket_array {
    uint64_t first;   /* address of the first bucket */
    uint64_t buckets; /* of this array */
    uint64_t old;     /* that the table had before the growth */
    uint64_t live;
    uint32_t bucket_bytes;
};

/* Counts all buckets of the array into work->tally. False when some cannot be read. */
bool bucket_tally_read(const struct memory_reader *reader, const struct bucket_array *array,
                       struct bucket_work *work);

/* Bits set in the byte. Without an instruction for it, a call for each is too much. */
static inline uint32_t bucket_bits_in(unsigned char byte)
{
    static const uint8_t in_four[] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    return in_four[byte & 15] + in_four[byte >> 4];
}

#endif
