/*
 * Arrays that are a part of a block: a member of an object with others before and behind it, one of
 * several things in an arena, in a mapping, in a module's static data.
 */
#ifndef HASHTRACK_STATIC_WINDOWS_H
#define HASHTRACK_STATIC_WINDOWS_H

#include "static_rules.h"

/* Smaller arrays are not looked for in others, nor in larger blocks: what is reported saves a
 * mebibyte, and of static data most is something else. */
#define WINDOW_LEAST_BYTES ((uint64_t)256 << 10)
#define WINDOW_MOST_BYTES  ((uint64_t)64 << 20)

/* Whether the block holds the array of a table, somewhere: sets *array to where, and *out. The rest
 * as for static_rules_read(). */
bool static_windows_read(struct layout_view *view, struct static_pieces *pieces,
                         const struct block *block, unsigned effort, struct block *array,
                         struct static_reading *out);

#endif
