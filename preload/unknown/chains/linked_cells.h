/*
 * Cells and a cellar in one array: a cell of the first part is the head of a chain, whose others
 * were put into the second, wherever there was room. The lowest bit of its link marks a head as
 * free; free cells of the cellar are not marked, but linked.
 *
 * What the cells hold stays in them, so that they all look occupied. An entry is what the links of
 * the heads in use lead to. All of the array's links and marks must make sense by this, and the
 * caller has to find the object that counts exactly as many entries.
 */
#ifndef HASHTRACK_LINKED_CELLS_H
#define HASHTRACK_LINKED_CELLS_H

#include "layouts/layout.h"

/* Whether it is such an array; fills in capacity and live. Uses the view's scratch. */
bool linked_cells_read(const struct layout_view *view, const struct block *block,
                       struct table_reading *out);

#endif
