/*
 * The entries around an entry: namespaces, types, functions. DWARF leads down and to the next
 * sibling only, and where a compiler writes no pointers to siblings (clang), libdw reads all that
 * lies between. So the children of an entry on the way are listed once.
 */
#ifndef HASHTRACK_SCOPE_INDEX_H
#define HASHTRACK_SCOPE_INDEX_H

#include <stddef.h>

#include <elfutils/libdw.h>

struct scope_index;

/* For a module; NULL when memory ran out. */
struct scope_index *scope_index_new(void);
void scope_index_free(struct scope_index *index);

/* The entries around one, from the unit's own down to its parent, at most `most`; returns how many.
 * None where the way is not found: the file is damaged or memory ran out. */
size_t scope_index_find(struct scope_index *index, const Dwarf_Die *entry, Dwarf_Die *scopes,
                        size_t most);

#endif
