/*
 * What the two files about variables share: variables.c (by address) and frame_variables.c.
 */
#ifndef HASHTRACK_VARIABLES_INTERNAL_H
#define HASHTRACK_VARIABLES_INTERNAL_H

#include "variables.h"

struct variable_source {
    Dwfl_Module *module;
    GElf_Addr bias; /* libdwfl's address minus the ELF virtual address */
    struct compile_units *units;
};

const struct variable_source *variables_source(const struct variables *variables);

/* Type, file and line. */
void variable_describe(Dwarf_Die *entry, struct variable *out);

#endif
