/*
 * What std::unordered_* of libstdc++ and of libc++ have in common. The bucket array holds, for each
 * bucket, the address of the node before its first one; exactly one bucket therefore holds the
 * address of the list's head, which lies inside the container object. That word leads from the
 * array to the object, or the other way round, and nothing else fits both.
 */
#ifndef HASHTRACK_STD_BUCKETS_H
#define HASHTRACK_STD_BUCKETS_H

#include "entry_sample.h"

#define STD_BUCKETS_MIN 64

/* Where the words of the object lie behind its first one, the array's address, and its second one,
 * the number of buckets. */
struct std_shape {
    uint8_t list_head; /* the first node's address */
    uint8_t element_count;
    uint8_t max_load_factor;
    uint8_t next_resize; /* elements at which it grows, of the array that is filled to be the next;
                          * 0: there is no such word */
};

struct std_container {
    uint64_t address; /* of the object's word that points at the array */
    bool is_left;     /* it has the array's address no more, as its destructor has begun */
    uint64_t bucket_count;
    uint64_t first_node;
    uint64_t element_count;
    float max_load_factor;
    struct std_shape shape;
    struct entry_sample sample;
};

/* Whether the first bytes of the block could begin such an array. Reads no memory. */
bool std_buckets_begin(const struct layout_view *view);

/* Finds the container of one of the shapes that owns the block, with this many buckets, and checks
 * every bucket of it. In a hurry also the one that still has its array before, when the block was
 * filled to be the next. */
bool std_container_find(const struct layout_view *view, const struct block *block,
                        uint64_t bucket_count, const struct std_shape *shapes, unsigned shape_count,
                        struct std_container *out);

void std_container_report(const struct std_container *container, const struct layout_view *view,
                          const struct block *block, struct table_reading *out);

#endif
