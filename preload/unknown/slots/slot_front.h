/*
 * A hash or a state for each slot in front of the slots, in one block with them: taken for slots,
 * they would be counted. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_SLOT_FRONT_H
#define HASHTRACK_SLOT_FRONT_H

#include "learnt.h"
#include "reader.h"

/* Right after a growth: corrects where the profile's first slot lies, if in front of it there is a
 * word for each slot that tells empty from occupied ones as the slot itself does. */
void slot_front_learn(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                      struct slot_profile *profile);

#define SLOT_FRONT_MOST 64u

/* An allocator that aligns what it hands out keeps the block's address right in front of that:
 * corrects where slots of numbers begin. */
void slot_front_of_allocator(const struct memory_reader *reader, uint64_t address,
                             struct slot_profile *profile);

/* What counts the slots, in front of them: the length that an array carries along, or the fields of
 * an object that ends in its buckets. Corrects where the profile's first slot lies, if a word there
 * names just as many slots as follow. Uses `memory` (LAYOUT_SCRATCH_BYTES). */
void slot_front_of_count(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                         unsigned char *memory, struct slot_profile *profile);

#endif
