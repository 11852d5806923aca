/*
 * The functions of a unit by address. A program's stacks have thousands of addresses in a unit; to
 * look for each through the entries of the unit, from the first, took seconds.
 */
#ifndef HASHTRACK_FUNCTION_INDEX_H
#define HASHTRACK_FUNCTION_INDEX_H

#include <stdbool.h>

#include <elfutils/libdw.h>

struct function_index;

/* For all units of a module, each read when first asked about; NULL when memory ran out. */
struct function_index *function_index_new(void);
void function_index_free(struct function_index *index);

/* Which functions count: those in namespaces and types, or also those inside functions (a member of
 * a local class). */
enum function_depth { FUNCTIONS_OUTSIDE, FUNCTIONS_ANYWHERE, FUNCTION_DEPTHS };

/* Whether such functions may stand below an entry with the tag that has no code itself. */
bool may_hold_functions(int tag, enum function_depth depth);

/* The first entry of the unit, in its order, that is a function with code at pc. */
bool function_index_find(struct function_index *index, Dwarf_Die *unit, enum function_depth depth,
                         Dwarf_Addr pc, Dwarf_Die *function);

#endif
