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

/* Whether texts that have, at each place, a letter that some entry's key has there lead to slots of
 * each other. Letters that are digits of a number give each a place of its own. False also where
 * such texts are too few to tell. */
bool own_texts_meet(const struct layout_view *view, const struct hash_relation *relation,
                    uint64_t capacity, const struct sampled_entry *entries, uint32_t count);

#endif
