/*
 * Arrays of pointers to entries: what the chained tables, and the open ones that keep pointers,
 * have in common. An array of pointers is no table yet; what else must be true, each layout says.
 */
#ifndef HASHTRACK_LAYOUT_BUCKETS_H
#define HASHTRACK_LAYOUT_BUCKETS_H

#include "entry_sample.h"

#define BUCKETS_MARKS 2

/* Zero-initialise, but for `marks`, `tag_bits` and `offset`. */
struct buckets {
    uint64_t marks[BUCKETS_MARKS]; /* words that stand for no entry: a tombstone, a list's end; 0
                                      where unused */
    uint64_t tag_bits;             /* low bits of a pointer that mean something else */
    uint64_t offset;               /* of the array in its block, where an allocator of the program's
                                      own puts something before it */

    uint64_t occupied;
    uint64_t marked[BUCKETS_MARKS];
    struct entry_sample sample;
};

/* Whether the first bytes of the block could begin such an array. Reads no memory. */
bool buckets_begin(const struct layout_view *view, const struct buckets *buckets);

/* Counts [address, address + bytes). False when a word in it is neither 0, nor a mark, nor an
 * 8-aligned pointer once its tag bits are taken away, or when memory cannot be read. */
bool buckets_count(const struct layout_view *view, uint64_t address, uint64_t bytes,
                   struct buckets *buckets);

/* Whether each sampled entry, the first one of its bucket, is the first one of the bucket that its
 * hash leads to. bucket_of() reads the entry and says which that is, or false. */
bool buckets_are_hashed(const struct layout_view *view, uint64_t address,
                        const struct entry_sample *sample,
                        bool (*bucket_of)(const struct layout_view *view, uint64_t entry,
                                          void *context, uint64_t *bucket),
                        void *context);

/* The reading of a block that is such an array and nothing else, whose object at `header` counts
 * its entries, and which is proven. */
void buckets_reading(const struct block *block, uint64_t header, uint64_t live,
                     struct table_reading *out);

/* A table of chains that is proven by its entries: each has a hash, which leads to its bucket. The
 * object points at the buckets and counts both; one without entries has no proof. */
struct hashed_buckets {
    const struct block *block;
    uint64_t capacity, live; /* fits() sets them to what the object says */
};

struct hashed_buckets_form {
    uint64_t pointer_offset; /* in the object */
    bool (*fits)(const struct layout_view *view, uint64_t object, void *hashed_buckets);
    bool (*bucket_of)(const struct layout_view *view, uint64_t entry, void *hashed_buckets,
                      uint64_t *bucket);
    bool are_blocks; /* each entry is a block of its own, which is measured */
};

/* The reading of a block of a size that such a table may have; false when it is none. */
bool hashed_buckets_recognise(struct layout_view *view, const struct block *block,
                              const struct hashed_buckets_form *form, struct table_reading *out);

#endif
