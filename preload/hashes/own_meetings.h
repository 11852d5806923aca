/*
 * Whether the program's own code leads different keys to the same slot, as a hash must: asked where
 * a table is so empty that no two of its entries met.
 */
#ifndef HASHTRACK_OWN_MEETINGS_H
#define HASHTRACK_OWN_MEETINGS_H

#include "hash_relation.h"

/* `relation` is of the program's code and has been agreed upon by the entries, of which there are
 * two at least. Uses the allowance of instructions of the view's own_hashes. */
bool own_keys_meet(const struct layout_view *view, const struct hash_relation *relation,
                   uint64_t capacity, const struct sampled_entry *entries, uint32_t count);

#endif
