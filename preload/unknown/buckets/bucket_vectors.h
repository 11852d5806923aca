/*
 * Buckets that are small vectors: a pointer to a block of entries and beside it how many there are,
 * or where they end. A bucket that was emptied mostly keeps its block, so that the pointer does not
 * tell how many entries the table has; the lengths do.
 */
#ifndef HASHTRACK_BUCKET_VECTORS_H
#define HASHTRACK_BUCKET_VECTORS_H

#include "layouts/layout.h"
#include "learnt.h"

/* Right after a growth: looks in the slots of `profile` for a length that is at least one where the
 * pointer is set and zero where it is not, and whose sum is what the share of empty buckets lets
 * expect. Sets the profile's length_* fields when there is one. */
void bucket_vectors_learn(const struct layout_view *view, const struct block *block,
                          struct slot_profile *profile);

/* The same of slots that are a room, a pointer and a length and nothing else, the pointer of which
 * is a small number where there is nothing behind it, as Rust's vectors have it. Only of a table
 * that has no other array: its keys can be nowhere but behind the pointers, so that a slot without
 * a length has none. */
void bucket_vectors_learn_vecs(const struct layout_view *view, const struct block *block,
                               struct slot_profile *profile);

/* The sum of all lengths, and the number of buckets that are not empty. */
bool bucket_vectors_count(const struct layout_view *view, const struct block *block,
                          const struct slot_profile *profile, uint64_t *live, uint64_t *occupied);

#endif
