/*
 * Whether two arrays of one size are the slots of two tables, by what stands in them.
 *
 * Arrays that are allocated and filled in one growth may be the columns of one table or the slots
 * of several that a program makes larger together. Columns of one table are in use in the same
 * slots. Slots of two tables with keys of their own are in use in others, as chance has it; with
 * the same keys they are in use in the same ones, and hold the same keys there, which no table has
 * twice. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_SLOT_TWINS_H
#define HASHTRACK_SLOT_TWINS_H

#include "layouts/layout.h"
#include "learnt.h"

/* The slots of `array`, by the profile learnt from it, and another array as large. Where not all
 * entries of the array before are in this one, the two may be halves of a cuckoo table, whose keys
 * are in either: only keys that are in both tell then. */
bool slot_twins_are(const struct memory_reader *reader, const struct slot_profile *profile,
                    const struct block *array, uint64_t other);

/* Whether each slot of the array in use has something in the other one, and hardly any of the rest
 * has: flags, states or values of its slots. */
bool slot_twins_go_along(const struct memory_reader *reader, const struct slot_profile *profile,
                         const struct block *array, const struct block *other);

/* Whether the other one, of another size, is in use by chance where this one is: an index that was
 * allocated just before, say. Values may be zero in slots in use, and what nobody cleared is in use
 * everywhere: neither is by chance. */
bool slot_twins_are_strangers(const struct memory_reader *reader,
                              const struct slot_profile *profile, const struct block *array,
                              const struct block *other);

#endif
