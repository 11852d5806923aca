/*
 * Which of the slots that seem occupied hold something yet, where erasing an entry clears nothing
 * but its state: the key by which the table was found stays.
 *
 * A column that is zero in every slot without a key, and in most of those with one, may be that
 * state, or a field that few entries have; so may a byte, or bits of an array beside, that take few
 * values, one of which no slot without a key has. Only the table's object tells: it names the
 * slots, and counts just as many entries.
 */
#ifndef HASHTRACK_STATIC_STATES_H
#define HASHTRACK_STATIC_STATES_H

#include "layouts/layout.h"
#include "slot_shapes.h"

/* What is left of the keys that are in slots of that shape, whose entries lie in them, as a column
 * and the object say alike; 0 where they do not, or where the object counts all keys as well. Uses
 * the view's scratch. */
uint64_t static_states_count(const struct layout_view *view, const struct block *block,
                             const struct slot_shape *shape);

/* Whether an object that points at the slots counts so many. */
bool static_is_counted(const struct layout_view *view, const struct block *block,
                       const struct slot_shape *shape, uint64_t live);

#endif
