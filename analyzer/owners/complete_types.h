/*
 * The members of a type that a unit only declares: "struct kvstore;" here, its definition in
 * another unit of the module. For C, where types with the same name are the same type.
 */
#ifndef HASHTRACK_COMPLETE_TYPES_H
#define HASHTRACK_COMPLETE_TYPES_H

#include <stdbool.h>

#include <elfutils/libdwfl.h>

/* An index over the module's structures, made when first asked; NULL when memory ran out. */
struct complete_types *complete_types_new(Dwfl_Module *module);
void complete_types_free(struct complete_types *types);

/* Puts the definition in the place of a declaration. False when there is none, or several that
 * differ in size. */
bool complete_types_find(struct complete_types *types, Dwarf_Die *type);

#endif
