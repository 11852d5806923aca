/*
 * The function an address belongs to, and the functions inlined into it there.
 */
#ifndef HASHTRACK_CODE_SCOPES_H
#define HASHTRACK_CODE_SCOPES_H

#include <stddef.h>

#include <elfutils/libdw.h>

#include "function_index.h"

#define MAX_CODE_SCOPES 128

struct code_scopes {
    size_t count;
    Dwarf_Die
        functions[MAX_CODE_SCOPES]; /* a subprogram, then inlined subroutines, innermost last */
};

/* `index` of the module, `unit` is the compilation unit, `pc` DWARF's address. An empty result when
 * DWARF knows no function there. */
void code_scopes_find(struct function_index *index, Dwarf_Die *unit, Dwarf_Addr pc,
                      struct code_scopes *scopes);

#endif
