/*
 * Where the program mapped private anonymous memory: what is read there while there is no other
 * thread need not be copied first, for no file lies behind it that another process could cut off.
 */
#ifndef HASHTRACK_ANONYMOUS_MEMORY_H
#define HASHTRACK_ANONYMOUS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* The program has mapped so much: with those flags and rights, for mmap(2). */
void anonymous_memory_mapped(const void *address, size_t bytes, int protection, int flags);

/* To be called before the memory goes, or becomes another's. */
void anonymous_memory_unmapping(const void *address, size_t bytes);

/* Where the mapping that the address lies in ends; 0 when it is in none that is known. */
uint64_t anonymous_memory_until(uint64_t address);

#endif
