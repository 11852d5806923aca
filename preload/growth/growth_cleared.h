/*
 * A table whose array is about to be filled with one byte: it is cleared, or destroyed by a
 * destructor that clears it first, as libstdc++'s does. When the array is freed nothing tells any
 * more what was in it.
 *
 * Runs inside the tracker, under no lock, and takes TABLES and lower as it needs.
 */
#ifndef HASHTRACK_GROWTH_CLEARED_H
#define HASHTRACK_GROWTH_CLEARED_H

#include "registry.h"

/* Bytes: smaller tables are not worth a line when they are freed (growth_last_reading.c). */
#define GROWTH_CLEARED_LEAST (512u * 1024)

/* `bytes` from the beginning of the live array on are about to be filled. */
void growth_clearing(struct registry *registry, uint32_t index, const struct array_record *array,
                     uint64_t bytes);

#endif
