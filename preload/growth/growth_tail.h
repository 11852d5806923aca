/*
 * Arrays that are larger than their slots take: their allocator rounds sizes up, to pages or to
 * powers of two, and what lies behind the last slot is no slot. It is idle, or holds what was in
 * that memory before; then it would be counted as entries.
 *
 * Where the slots end the table's object tells: a word is the number of slots, when another one is
 * the number of entries in just so many of them.
 */
#ifndef HASHTRACK_GROWTH_TAIL_H
#define HASHTRACK_GROWTH_TAIL_H

#include "growth_object.h"

/* Looks for such an object, of an array whose slots were learnt. Sets in *study what follows from
 * it: the profile's tail, the capacity, the entries, the header. */
void growth_tail_find(struct registry *registry, struct scratch *scratch,
                      const struct growth_link *link, struct study *study);

#endif
