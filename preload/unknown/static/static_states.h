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
#include "static_rules.h"

/* Where the object counts just the entries that a column of the slots shows, which are far fewer
 * than there are keys, erasing cleared nothing but that column: corrects what was read. If it
 * counted the keys it would have been believed before. Uses the view's scratch. */
void static_states_read(const struct layout_view *view, const struct block *block,
                        struct static_reading *reading);

/* Whether an object that points at the slots counts so many. */
bool static_is_counted(const struct layout_view *view, const struct block *block,
                       const struct slot_shape *shape, uint64_t live);

#endif
