/*
 * What libiberty's htab and the hash_table of GCC that came out of it have in common: open
 * addressing in an array whose size is a prime just below a power of two, an object that names the
 * prime's place in a list, and counters that tell how often the mark of an empty and the mark of a
 * deleted slot must occur in the array.
 */
#ifndef HASHTRACK_LAYOUT_PRIME_SLOTS_H
#define HASHTRACK_LAYOUT_PRIME_SLOTS_H

#include "layout.h"

/* The array's address and the fields after it, in the same order in both objects. */
struct prime_slots {
    uint64_t entries;
    uint64_t size;
    uint64_t elements, deleted; /* the first one counts the deleted slots, too */
    uint32_t searches, collisions;
};

/* What a slot begins with that holds nothing. */
struct prime_slot_marks {
    uint64_t empty, deleted;
};

/* Whether the size of the block permits such an array. */
bool prime_slots_divide(const struct block *block);

/* Whether these fields can be those of a table in this block; `index` is the prime's. */
bool prime_slots_fit(const struct prime_slots *slots, uint32_t index, const struct block *block);

/* Whether `empty` is the first word of as many slots as are empty, and `deleted` of as many as are
 * deleted. */
bool prime_slots_count(const struct layout_view *view, const struct prime_slots *slots,
                       const struct block *block, struct prime_slot_marks marks);

/* The capacity after htab_expand(). */
uint64_t prime_slots_capacity_for(uint64_t live);

void prime_slots_fill(const struct prime_slots *slots, uint64_t object, const struct block *block,
                      struct table_reading *out);

#endif
