/*
 * Slots that nobody saw growing, and that are buckets for several entries each.
 *
 * The first entries of buckets lead to these by their hash, as those of slots do, and of few
 * entries none is in another bucket than its own: no two of them seem to have met. But those that
 * did are behind each other in their bucket.
 */
#ifndef HASHTRACK_STATIC_BUCKETS_H
#define HASHTRACK_STATIC_BUCKETS_H

#include "static_search.h"

struct static_buckets {
    uint32_t slots;     /* of each bucket */
    uint64_t live, met; /* entries, and those of them that are not the first of their bucket */
};

/* Whether the slots of search->shape, with entries in their own alone, are such buckets: the words
 * behind the first entry lead to the same one, in as many buckets as a hash makes meet. */
bool static_buckets_find(struct static_search *search, struct static_buckets *out);

#endif
