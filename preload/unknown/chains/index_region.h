/*
 * An index behind its entries in one block: numbers of four bytes that lead to entries whose fields
 * lie in columns, or in rows, before them. No word of the block says where the index begins, and
 * where the entries were copied in order nothing scattered at a growth.
 *
 * Mesh indices, adjacency lists, permutations and sparse sets look the same. So the object must
 * name the slots and the entries, of which the block's size follows; each number must be there
 * once; and a field of the entries, or of what they point at, must be the hash that names the slot
 * (hash_relation.h), with entries that met another one, or by a mix that is known.
 *
 * Where the object is passed by value nothing names them: then rows must fill the block behind a
 * short header, the slots be a simple multiple of them, and as many rows be linked to others as a
 * hash would have made meet.
 */
#ifndef HASHTRACK_INDEX_REGION_H
#define HASHTRACK_INDEX_REGION_H

#include "layouts/layout.h"

/* Reads the array as such a block. `is_object`: whether the place is in an object. Uses the view's
 * scratch. */
bool index_region_read(const struct layout_view *view, const struct block *block,
                       bool (*is_object)(uint64_t place, void *context), void *context,
                       struct table_reading *out);

#endif
