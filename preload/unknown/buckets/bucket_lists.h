/*
 * Buckets that point at a list object each: its first entry, and its last one or how many they are.
 *
 * Followed from the bucket like a chain, such a list has one entry more than it has, the object;
 * and a bucket that was emptied may keep its object. c-ares' table of 95,000 queries was read as
 * 163,477 by that, and as 117,052 when 4,976 were left.
 *
 * Slots may hold single entries with a list each as well, of their posts or parts. So each list
 * that is looked at must end where its object says, or have as many entries; no two share one; and
 * they must be as long as a hash makes the chains of a table with so many of its buckets in use.
 */
#ifndef HASHTRACK_BUCKET_LISTS_H
#define HASHTRACK_BUCKET_LISTS_H

#include "layouts/layout.h"
#include "learnt.h"

enum bucket_lists { BUCKET_LISTS_NONE, BUCKET_LISTS_LIKELY, BUCKET_LISTS_PROVEN };

/* Whether the array's slots are such buckets. Where that is proven it sets profile->is_chained,
 * chain_offset and list_offset. Called once, right after a growth, when nothing is known of chains.
 * Uses the view's scratch. */
enum bucket_lists bucket_lists_learn(const struct layout_view *view, const struct block *block,
                                     struct slot_profile *profile);

#endif
