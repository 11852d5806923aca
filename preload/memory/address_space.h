/*
 * How much of the program's address space the tracker may take, where it is limited (RLIMIT_AS).
 */
#ifndef HASHTRACK_ADDRESS_SPACE_H
#define HASHTRACK_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a mapping of so many bytes is a small part of what is left. The limit may come and change
 * while the program runs, so it is asked for each time. */
bool address_space_allows(size_t bytes);

/* Bytes that the process has mapped in all; 0 where that cannot be read. */
uint64_t address_space_mapped(void);

#endif
