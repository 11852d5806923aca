/*
 * Buckets that are no heads of simple chains: roots of search trees, and slots that are the first
 * entries of their chains themselves. Part of chains.c; uses the view's scratch.
 */
#ifndef HASHTRACK_CHAIN_FORMS_H
#define HASHTRACK_CHAIN_FORMS_H

#include "layouts/layout.h"
#include "learnt.h"

/* Chains that are shorter than so many buckets in use make them may be one branch of trees: an
 * entry has a second pointer then, and by both of them there are as many entries as there should
 * be. Sets is_chained, chain_offset and tree_offset. Of most tables a few buckets show that no
 * other word of theirs is one. */
void chain_forms_learn_tree(struct layout_view *view, const struct block *block,
                            struct slot_profile *profile);

/* Slots that are entries, and the first ones of chains of such: a further one with the same hash is
 * in a block of its own. Sets is_inline, is_chained and chain_offset. `is_certain`: only where the
 * chains are as long as a hash makes them. What this cannot show at a growth, spilled_slots.h reads
 * at a snapshot. */
void chain_forms_learn_inline(struct layout_view *view, const struct block *block, bool is_certain,
                              struct slot_profile *profile);

#endif
