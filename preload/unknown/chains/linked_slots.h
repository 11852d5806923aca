/*
 * Records that are linked within their array: the first of a chain lies in the slot that its hash
 * names, the others wherever there was room, and free ones are linked as well. Such an array is
 * full of numbers, of live and of free records alike; growing by realloc, it shows nothing.
 *
 * A record is live when it is found as the table finds it: from the slot that its hash names along
 * the links to it. Free records lead elsewhere.
 */
#ifndef HASHTRACK_LINKED_SLOTS_H
#define HASHTRACK_LINKED_SLOTS_H

#include "layouts/layout.h"

/* Whether it is such an array; fills in capacity and live. Uses the view's scratch. */
bool linked_slots_read(const struct layout_view *view, const struct block *block,
                       struct table_reading *out);

#endif
