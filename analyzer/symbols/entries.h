/*
 * Going through the entries of a unit of DWARF that may be damaged: a pointer to the next sibling
 * that leads back makes a ring, children without an end are children and siblings at once, and a
 * walk takes for ever.
 */
#ifndef HASHTRACK_ENTRIES_H
#define HASHTRACK_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include <elfutils/libdw.h>

/* To the next sibling; it lies behind this entry in a sound file. */
bool entry_next(Dwarf_Die *entry);

/* How many entries a unit can have at most: one has at least a byte. A walk that saw more went
 * through some of them twice. */
size_t entries_at_most(const Dwarf_Die *of_unit);

#endif
