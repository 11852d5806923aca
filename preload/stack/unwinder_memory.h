/*
 * What libunwind maps for each thread: 256 KiB, all of which it touches at once.
 */
#ifndef HASHTRACK_UNWINDER_MEMORY_H
#define HASHTRACK_UNWINDER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed private memory for libunwind; NULL when it is refused. */
void *unwinder_memory_map(size_t bytes);

/* Keeps what libunwind gives back for the next thread; false when it is to be unmapped. */
bool unwinder_memory_keep(void *memory, size_t bytes);

/* That of the thread that started us; 0 bytes when there is none. */
const void *unwinder_memory_of_first(size_t *bytes);

#endif
