/*
 * How many entries a bucket of a table without a known layout has room for: cache lines of seven
 * tags and seven slots, four keys before four values, a mask of those in use.
 *
 * Such a table's object names its buckets and its entries, and the slots that show themselves are
 * the buckets, or the words in them. How many of them make up a bucket's slots is known when the
 * entries are: of the columns of a bucket those are its slots in which, over all buckets, exactly
 * as many words stand as the table has entries; or a byte of each bucket counts them. A number of
 * columns that is right by chance at one growth is not right at the next, when the array is fuller
 * or emptier in other places.
 */
#ifndef HASHTRACK_BUCKET_SHAPE_H
#define HASHTRACK_BUCKET_SHAPE_H

#include "bucket_tally.h"
#include "layouts/layout.h"
#include "learnt.h"

/* Growths in a row at which the same columns were right, before they are believed. */
#define BUCKET_GROWTHS_PROVE 2u
/* Looks that taught nothing, after which no more is taken. */
#define BUCKET_MOST_LOOKS 3u
/* Larger arrays are not counted: it would cost more than their growth. */
#define BUCKET_MOST_ARRAY_BYTES (512u * 1024)

#define BUCKET_MOST_LIVES 4u

/* A growth that is just over; the array that was left is readable yet. */
struct bucket_growth {
    struct block old, array;
    uint64_t start; /* of the first bucket in either */
    uint32_t bucket_bytes;
    uint32_t live_number;
    uint64_t lives[BUCKET_MOST_LIVES]; /* words that may count the entries; none: flags may */
};

/* Looks in both arrays for ways to count the entries. Keeps of those that `shape` has from the
 * growth before (none: growths 0) the ones that are right again. */
void bucket_shape_learn(const struct memory_reader *reader, const struct bucket_growth *growth,
                        struct bucket_work *work, struct bucket_shape *shape);

/* Whether there is nothing more to learn. */
bool bucket_shape_is_settled(const struct bucket_shape *shape);

/* Slots of a bucket; 0: not known. */
uint32_t bucket_shape_slots(const struct bucket_shape *shape);

/* How many slots of those buckets are in use by that way. */
uint64_t bucket_way_count(const struct bucket_way *way, uint32_t bucket_bytes,
                          const unsigned char *piece, size_t bytes);

/* The entries in the array, by the way that is the surest. */
bool bucket_shape_count(const struct layout_view *view, const struct bucket_shape *shape,
                        const struct block *array, uint64_t *live);

/* Makes of a reading by buckets, or by what was taken for slots, one by the slots. True when it
 * changed. `live` is counted anew where the table's object did not say it. */
bool bucket_shape_correct(const struct layout_view *view, const struct bucket_shape *shape,
                          const struct block *array, struct table_reading *reading);

#endif
