/*
 * Finding the object behind a table at the moment it grows: see table_header.h for what it is and
 * docs/unknown-tables.md for why then.
 */
#ifndef HASHTRACK_HEADER_SEARCH_H
#define HASHTRACK_HEADER_SEARCH_H

#include "scratch.h"
#include "table_header.h"

/* Shows every word that points into one of the two arrays, where the table's object is most likely
 * to be found, until visit() returns true: at `known` (0: nowhere), in what the thread's stack
 * leads to, in its thread-local and its modules' static data. `site` names the stack of the growth.
 * Uses scratch->layout_scratch. */
void header_search_places(const struct registry *registry, struct scratch *scratch,
                          const struct block *array, const struct block *old, uint32_t site,
                          const struct header_place *known,
                          bool (*visit)(const struct header_place *place, void *context),
                          void *context);

/* Shows the same memory piece by piece, with its addresses, until visit() returns true: of the
 * stack also what no pointer on it leads to. The tracker's own frames are left out, but for what
 * their registers lead to. `visit` must not use scratch->layout_scratch. */
void header_search_memory(const struct registry *registry, struct scratch *scratch,
                          const struct block *array, uint32_t site,
                          bool (*visit)(uint64_t address, const unsigned char *bytes, size_t size,
                                        void *context),
                          void *context);

/* Whether the address lies in the tracker's own memory, apart from its frames. */
bool header_search_is_own(const struct registry *registry, uint64_t address);

/* Looks for the object that points at the array, or still at the one that it replaced. False
 * when it was not found. */
bool header_search(const struct registry *registry, struct scratch *scratch,
                   const struct header_facts *facts, const struct block *old, uint32_t site,
                   const struct header_profile *before, struct header_profile *out);

#endif
