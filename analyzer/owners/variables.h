/*
 * The variable at a place: static ones and thread-local ones by address, those of a function that
 * is being executed by their distance from its frame. From DWARF; a static one without it from the
 * symbol table.
 */
#ifndef HASHTRACK_VARIABLES_H
#define HASHTRACK_VARIABLES_H

#include <stdbool.h>
#include <stdint.h>

#include <elfutils/libdwfl.h>

#include "compile_units.h"
#include "complete_types.h"
#include "scope_index.h"

enum variable_storage { VARIABLE_STATIC, VARIABLE_THREAD_LOCAL };

struct variable {
    char *name;  /* malloc'ed, with its scopes: "app::Registry::instance_", "lookup()::cache" */
    char *scope; /* malloc'ed: the function of a local variable; else NULL */
    char *file;  /* malloc'ed, NULL when unknown */
    int line;
    bool has_type;
    Dwarf_Die type;
    uint64_t offset; /* of the place in the variable */
    uint64_t bytes;  /* of the variable; 0 unknown */
};

/* What is known of the variables of a module; NULL when memory ran out. */
struct variables *variables_new(Dwfl_Module *module, GElf_Addr bias, struct compile_units *units);
void variables_free(struct variables *variables);

/* `address`: ELF virtual address, or offset in the module's block of thread-local variables. */
bool variables_find(struct variables *variables, enum variable_storage storage, uint64_t address,
                    struct variable *out);

/* The variables at a distance from the CFA of the function that called from before `address`. At
 * most `most` are written; returns how many there are. */
size_t variables_of_frame(struct variables *variables, uint64_t address, int64_t frame_offset,
                          struct variable *out, size_t most);

/* The module's structures. */
struct complete_types *variables_types(struct variables *variables);
struct scope_index *variables_scopes(struct variables *variables);

void variable_free(struct variable *variable);

#endif
