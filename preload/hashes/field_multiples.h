/*
 * Whether a field that leads to the slots, divided by their number, is no more than the slot. Pure
 * functions of copied memory.
 */
#ifndef HASHTRACK_FIELD_MULTIPLES_H
#define HASHTRACK_FIELD_MULTIPLES_H

#include "hash_relation.h"

/* Whether it rises by as much with each slot, and by more than one: a slot's number in the upper
 * half, behind a lower half that is the same in all, leads to the slot by any size that divides
 * 2^32 with a rest of 1, as 65,535 does. */
bool field_is_multiple(const struct relation_question *question,
                       const struct hash_relation *relation);

#endif
