/*
 * Call stacks that a reader takes for one: a compiler that puts a function into its caller twice
 * (an unrolled loop, two branches) makes two stacks of addresses out of one of source lines, and a
 * template that is instantiated for 400 types makes 400.
 */
#ifndef HASHTRACK_SOURCE_PLACES_H
#define HASHTRACK_SOURCE_PLACES_H

#include <stdbool.h>
#include <stdint.h>

struct dump;
struct symbolizer;

/* For each site with wanted[site], place[site] becomes the first wanted site whose frames are at
 * the same lines; a frame without a line is the same only at the same address.
 * The others keep what stands there. False when out of memory. */
bool source_places_find(struct symbolizer *symbolizer, const struct dump *dump, const bool *wanted,
                        uint32_t *place);

#endif
