/*
 * Which compilation unit an address belongs to.
 */
#ifndef HASHTRACK_COMPILE_UNITS_H
#define HASHTRACK_COMPILE_UNITS_H

#include <stdbool.h>

#include <elfutils/libdwfl.h>

#include "function_index.h"
#include "scope_index.h"

struct compile_units;

/* An index over the units of a module, built when it is first needed; NULL when memory ran out. */
struct compile_units *compile_units_new(Dwfl_Module *module);

/* Finds the unit at `address` (libdwfl's). *unit has its lines, *code its functions: the same
 * unless the functions are in a .dwo file of their own. address - *bias is DWARF's address. */
bool compile_units_find(struct compile_units *units, Dwarf_Addr address, Dwarf_Die *unit,
                        Dwarf_Die *code, Dwarf_Addr *bias);

/* What a unit describes: itself, or the .dwo file that it stands for. */
void compile_units_code(Dwarf_Die *unit, Dwarf_Die *code);

/* What is known of the entries in the module's units. */
struct function_index *compile_units_functions(struct compile_units *units);
struct scope_index *compile_units_scopes(struct compile_units *units);

void compile_units_free(struct compile_units *units);

#endif
