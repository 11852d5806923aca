/*
 * Buckets of two pointers: see bucket_pairs.h. No state, no lock, no allocation.
 *
 * An entry that was the first of its list and becomes the last of another has moved by half a
 * bucket, as words of single slots do, so that growths show slots of one word. But of a bucket
 * either both words are empty or none is.
 */
#include "bucket_pairs.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define LEAST_EQUAL 8u  /* lists of one entry, and empty buckets, in the window */
#define EQUAL_AMONG 32u /* one in so many buckets in use: lists are short */
#define MOST_APART  50u /* one in so many that has an empty word beside another */

struct pairs {
    uint32_t empty, occupied, equal, apart;
};

static struct pairs count_pairs(const unsigned char *memory, size_t bytes, uint64_t empty_value)
{
    struct pairs pairs = {0};
    for (size_t at = 0; at + BUCKET_PAIR_BYTES <= bytes; at += BUCKET_PAIR_BYTES) {
        uint64_t first = word_u64(memory, at), last = word_u64(memory, at + sizeof(first));
        unsigned empty = (first == empty_value) + (last == empty_value);
        pairs.empty += empty == 2;
        pairs.occupied += empty == 0;
        pairs.equal += first == last && empty == 0 && slot_profile_is_pointer(first);
        pairs.apart += empty == 1;
    }
    return pairs;
}

/* Whether as many lists have one entry as by chance, so many buckets being in use: l e^-l of all,
 * where e^-l are empty. Keys that are their own values are as often so at any load. */
static bool are_lists(const struct pairs *pairs)
{
    double buckets = (double)(pairs->empty + pairs->occupied), empty = pairs->empty / buckets;
    double single = -slot_profile_log(empty) * empty * buckets;
    return pairs->equal > 0.75 * single && pairs->equal < 1.25 * single;
}

bool bucket_pairs_learn(const unsigned char *memory, size_t bytes, struct slot_profile *profile)
{
    struct pairs pairs = count_pairs(memory, bytes, profile->empty_value);
    if (pairs.equal < LEAST_EQUAL || pairs.equal * EQUAL_AMONG < pairs.occupied ||
        pairs.empty < LEAST_EQUAL || pairs.apart * MOST_APART > pairs.occupied ||
        pairs.apart * MOST_APART > pairs.empty || profile->column_bytes != sizeof(uint64_t))
        return false;
    profile->slot_bytes = BUCKET_PAIR_BYTES;
    profile->column = 0;
    profile->last_offset = sizeof(uint64_t);
    profile->is_indexed = are_lists(&pairs); /* until the links are found */
    return true;
}
