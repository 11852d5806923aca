/*
 * Slots whose empty ones do not all hold the same: each holds a number of its own, which follows
 * from the slot's number or address, beside pointers to entries. Chains can then be followed
 * without locks, for their ends say to which bucket they belong (hlist_nulls and rhashtable of
 * Linux).
 */
#ifndef HASHTRACK_SLOT_NUMBERS_H
#define HASHTRACK_SLOT_NUMBERS_H

#include "learnt.h"
#include "reader.h"
#include "signature.h"

/* Learns from a part of the array, `bytes` at `memory` that begin `start` into it, what such slots
 * look like. `size` and `address` are of the array. False when they are no such slots. */
bool slot_numbers_learn(const struct memory_reader *reader, uint64_t address, uint64_t size,
                        const unsigned char *memory, size_t bytes, uint64_t start,
                        const struct comparison *comparison, struct slot_profile *out);

#endif
