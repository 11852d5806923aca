/*
 * Finding, at a growth, the object whose words scale with the table: see table_scale.h.
 */
#ifndef HASHTRACK_GROWTH_SCALE_H
#define HASHTRACK_GROWTH_SCALE_H

#include "scratch.h"
#include "table_scale.h"

/* Looks for an object that points at `array`, or still at `old`, and has such words. `before` is
 * what the growth before taught (growths 0: nothing). False when there is none. */
bool growth_scale_learn(const struct registry *registry, struct scratch *scratch,
                        const struct array_record *old, const struct array_record *array,
                        const struct scale_profile *before, struct scale_profile *out);

/* An array of the same function that was allocated a moment ago, has so many bytes and as many as
 * are studied, and belongs to no other table. */
bool growth_scale_candidate(struct registry *registry, const struct array_record *old,
                            uint64_t least_bytes, uint32_t *index, struct array_record *out);

/* Links the array to a larger one of the same function in which nothing of it is found again, when
 * an object has words that scaled from growth to growth, and it was replaced before it was full.
 * Such a table is doubtful until they did so a few times. */
bool growth_scale_link(struct registry *registry, struct scratch *scratch,
                       const struct array_record *old);

#endif
