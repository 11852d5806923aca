/*
 * The objects of libxml2's xmlHashTable and xmlDict. Their slots changed altogether in 2.12, these
 * fields did not: the array's address, its size, and the number of entries.
 */
#ifndef HASHTRACK_LAYOUT_LIBXML2_HASH_H
#define HASHTRACK_LAYOUT_LIBXML2_HASH_H

#include "object.h"

#define LIBXML2_SLOTS_MIN 64

struct libxml2_object {
    uint64_t slot_bytes, capacity; /* of the block that is looked at: set by the caller */
    uint64_t address;
    uint64_t live;
};

/* Finds the xmlHashTable, or the xmlDict, whose array the block is. */
bool libxml2_find_hash(const struct layout_view *view, const struct block *block,
                       struct libxml2_object *object);
bool libxml2_find_dict(const struct layout_view *view, const struct block *block,
                       struct libxml2_object *object);

void libxml2_fill(const struct libxml2_object *object, const struct block *block,
                  struct table_reading *out);

#endif
