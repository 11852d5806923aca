/*
 * What other tables of the same place tell of a table that was not seen growing.
 *
 * The tracker does not look at every growth of small arrays (preload/growth/look_rate.h). A table
 * whose array was allocated by the same call stack (of source lines, where these were looked up:
 * source_places.h), with the same bytes, as an array that another one grew into, came to its size
 * by growing, too: a reservation has another stack.
 */
#ifndef HASHTRACK_SIBLINGS_H
#define HASHTRACK_SIBLINGS_H

#include <stdbool.h>

struct findings;

/* Sets `sibling_grew` of the tables for which that is so. False when out of memory. */
bool siblings_note(struct findings *findings);

#endif
