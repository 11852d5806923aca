/*
 * Chained tables without a known layout: where an entry keeps the pointer to the next one, and how
 * long the chains are.
 */
#ifndef HASHTRACK_CHAINS_H
#define HASHTRACK_CHAINS_H

#include "layouts/layout.h"
#include "learnt.h"

/* Whether the array's occupied words point at chains of entries: sets profile->is_chained and
 * chain_offset, and list_offset where they point at list objects. Where they are heads by all else,
 * and no chain was found, it sets is_of_parts: they are no entries. Called once, right after a
 * growth. Uses the view's scratch. */
void chains_learn(struct layout_view *view, const struct block *block,
                  struct slot_profile *profile);

/* Mean length of the chains and its standard error, from a sample of buckets. False when it cannot
 * be told. */
bool chains_measure(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, double *mean, double *error);

#endif
