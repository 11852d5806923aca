/*
 * The name of a function in DWARF. Exported C++ and Rust functions carry the linker's name. A
 * member of a type in an anonymous namespace (and so every std::unordered_map of such a type)
 * carries only its last word, "_M_rehash": the scopes around its declaration are put before it, or
 * nobody could tell it from a function of the program.
 */
#include "function_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "demangle.h"

/* An origin may name an origin; a damaged file may make a ring of them. */
#define MAX_ORIGINS 8
#define MAX_NAME    4096
#define MAX_SCOPES  64

static const char *linker_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) == NULL &&
        dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute) == NULL)
        return NULL;
    return dwarf_formstring(&attribute);
}

static bool follow(Dwarf_Die *die, unsigned int reference)
{
    Dwarf_Attribute attribute;
    Dwarf_Die target;
    if (dwarf_attr(die, reference, &attribute) == NULL ||
        dwarf_formref_die(&attribute, &target) == NULL)
        return false;
    *die = target;
    return true;
}

/* The name that a scope adds to those inside it, NULL for none. */
static const char *scope_name(Dwarf_Die *scope)
{
    switch (dwarf_tag(scope)) {
    case DW_TAG_namespace: {
        const char *name = dwarf_diename(scope);
        return name != NULL ? name : "(anonymous namespace)";
    }
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_subprogram:
        return dwarf_diename(scope);
    default:
        return NULL;
    }
}

char *scoped_name(struct scope_index *index, Dwarf_Die *die, const char *last)
{
    Dwarf_Die declaration = *die;
    for (int i = 0; i < MAX_ORIGINS; i++) {
        if (!follow(&declaration, DW_AT_abstract_origin) &&
            !follow(&declaration, DW_AT_specification))
            break;
    }

    Dwarf_Die scopes[MAX_SCOPES];
    size_t count = scope_index_find(index, &declaration, scopes, MAX_SCOPES);
    size_t length = strlen(last);
    for (size_t i = 1; i < count; i++) {
        const char *name = scope_name(&scopes[i]);
        length += name != NULL ? strlen(name) + 2 : 0;
    }

    char *joined = length < MAX_NAME ? malloc(length + 1) : NULL;
    if (joined == NULL)
        return strdup(last);
    char *end = joined;
    for (size_t i = 1; i < count; i++) {
        const char *name = scope_name(&scopes[i]);
        if (name != NULL) {
            end = stpcpy(end, name);
            end = stpcpy(end, "::");
        }
    }
    stpcpy(end, last);
    demangle_simplify(joined);
    return joined;
}

static bool is_mangled(const char *symbol)
{
    return strncmp(symbol, "_Z", 2) == 0 || strncmp(symbol, "_R", 2) == 0;
}

char *function_name(struct scope_index *index, Dwarf_Die *die, const char *symbol)
{
    const char *linker = linker_name(die);
    if (linker != NULL)
        return demangle_function(linker);
    if (symbol != NULL && is_mangled(symbol))
        return demangle_function(symbol);
    const char *name = dwarf_diename(die);
    return name != NULL ? scoped_name(index, die, name) : NULL;
}

bool needs_symbol(Dwarf_Die *die)
{
    Dwarf_Die unit;
    if (linker_name(die) != NULL ||
        dwarf_cu_die(die->cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) == NULL)
        return false;
    switch (dwarf_srclang(&unit)) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
        return dwarf_diename(die) == NULL;
    default:
        return true;
    }
}
