/*
 * What a function is called, asked of its debugging information entry (DIE).
 */
#ifndef HASHTRACK_FUNCTION_NAME_H
#define HASHTRACK_FUNCTION_NAME_H

#include <stdbool.h>

#include <elfutils/libdw.h>

#include "scope_index.h"

/* The readable name (malloc'ed) of the function that `die`, a subprogram or an inlined call of one,
 * stands for; NULL when it has none. `symbol` is the symbol table's name for the same code or NULL:
 * it is taken where DWARF gives no linker name, because it says the scopes that DWARF hides. */
char *function_name(struct scope_index *index, Dwarf_Die *die, const char *symbol);

/* `last` with the namespaces, types and functions before it that `die` stands in (malloc'ed). */
char *scoped_name(struct scope_index *index, Dwarf_Die *die, const char *last);

/* Whether the function's entry lacks the linker's name in a language that has one: only then can
 * the symbol tell more than the entry does. To find that takes libdwfl a walk over all symbols. */
bool needs_symbol(Dwarf_Die *die);

#endif
