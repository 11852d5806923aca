/*
 * Which new array replaced which old one: how tables come to be known (docs/design.md, growth).
 *
 * A hash table that grows is never full and its words are scattered over the bigger array; a vector
 * is full and copied. Both arrays can be compared when the old one is about to be freed; growth by
 * realloc and tables that move entries step by step leave a fingerprint for the next look instead.
 *
 * All functions run inside the tracker, under no lock, and take TABLES and lower as they need.
 */
#ifndef HASHTRACK_GROWTH_H
#define HASHTRACK_GROWTH_H

#include "registry.h"

/* The array `index` was added: remembers it as a successor for what this thread frees next, and
 * fingerprints the array that it may be going to replace. */
void growth_born(struct registry *registry, uint32_t index, const struct array_record *array);

/* The array, already out of the registry, is about to be freed and can still be read. Links it to
 * its successor, or takes the last reading of a table that dies with it. */
void growth_dying(struct registry *registry, const struct array_record *array);

/* Before a realloc: the fingerprint of the array's contents, or 0 when it is not worth one. */
uint32_t growth_fingerprint(struct registry *registry, const struct array_record *array,
                            uint64_t new_bytes);

/* The array `index` came out of realloc, from `old`: to be looked at later. */
void growth_reallocated(struct registry *registry, uint32_t index, const struct array_record *old,
                        const struct array_record *array);

/* A look at an array that realloc made bigger: has its content been rehashed since? Links it to a
 * table when so. Called before its next realloc, before its free (both by the thread that does so:
 * is_own) and at snapshots. */
void growth_look(struct registry *registry, uint32_t index, const struct array_record *array,
                 bool is_own);

/* growth_look at every live array that was not looked at since its realloc. Before a snapshot. */
void growth_look_at_all(struct registry *registry);

#endif
