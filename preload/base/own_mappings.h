/*
 * Which memory is the tracker's, and how it stays out of what the program locks (mlockall).
 *
 * A program that locks all it has, what is to come included, may lock no more than RLIMIT_MEMLOCK
 * says: what we map would count there, and the program's next mapping, or its mlockall, would be
 * refused. Touches only memory of its own and mappings listed here; no lock.
 */
#ifndef HASHTRACK_OWN_MAPPINGS_H
#define HASHTRACK_OWN_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Notes that so many bytes, in pages from `memory` on, are ours, or are no longer. Those that find
 * no room in the list count as the program's. */
void own_mappings_add(const void *memory, size_t bytes);
void own_mappings_remove(const void *memory);

/* The first of our mappings that ends above `address`, in the order of addresses; false: none. */
bool own_mappings_next(uint64_t address, uint64_t *start, uint64_t *end);

/* From now on what is mapped is locked, or is not, as the kernel says of the process. */
void own_mappings_lock_future(bool is_locked);
bool own_mappings_future_is_locked(void);

/* Zeroed memory that can be read and written and is not locked, where what is mapped would be; NULL
 * where there is none. Unmapped like any other. */
void *own_mappings_map_unlocked(size_t bytes);

#endif
