/* Definitions of structures by their names: see complete_types.h. */
#include "complete_types.h"

#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "compile_units.h"
#include "entries.h"

#define MAX_TYPES 5000000u

struct complete_type {
    const char *name; /* libdw's */
    Dwarf_Die entry;
};

struct complete_types {
    Dwfl_Module *module;
    bool collected;
    struct complete_type *types; /* sorted by name */
    size_t count, room;
};

struct complete_types *complete_types_new(Dwfl_Module *module)
{
    struct complete_types *types = calloc(1, sizeof(*types));
    if (types != NULL)
        types->module = module;
    return types;
}

void complete_types_free(struct complete_types *types)
{
    if (types != NULL)
        free(types->types);
    free(types);
}

static bool is_structure(Dwarf_Die *entry)
{
    int tag = dwarf_tag(entry);
    return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

static bool add(struct complete_types *types, Dwarf_Die *entry)
{
    const char *name = dwarf_diename(entry);
    if (name == NULL || types->count >= MAX_TYPES)
        return name == NULL;
    if (types->count == types->room) {
        size_t room = types->room != 0 ? types->room * 2 : 256;
        struct complete_type *grown = reallocarray(types->types, room, sizeof(*grown));
        if (grown == NULL)
            return false; /* what memory does not suffice for stays unknown */
        types->types = grown;
        types->room = room;
    }
    types->types[types->count++] = (struct complete_type){.name = name, .entry = *entry};
    return true;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct complete_type *)left)->name,
                  ((const struct complete_type *)right)->name);
}

static void collect(struct complete_types *types)
{
    Dwarf_Addr bias;
    Dwarf_Die code, entry;
    bool has_room = true;
    for (Dwarf_Die *unit = NULL;
         has_room && (unit = dwfl_module_nextcu(types->module, unit, &bias)) != NULL;) {
        compile_units_code(unit, &code);
        if (dwarf_child(&code, &entry) != 0)
            continue;
        do {
            if (is_structure(&entry) && !dwarf_hasattr(&entry, DW_AT_declaration))
                has_room = add(types, &entry);
        } while (has_room && entry_next(&entry));
    }
    if (types->count > 1)
        qsort(types->types, types->count, sizeof(types->types[0]), by_name);
}

/* The first of that name, or where it would stand. */
static size_t position_of(const struct complete_types *types, const char *name)
{
    size_t low = 0, high = types->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(types->types[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool complete_types_find(struct complete_types *types, Dwarf_Die *type)
{
    const char *name = is_structure(type) ? dwarf_diename(type) : NULL;
    if (types == NULL || name == NULL)
        return false;
    if (!types->collected)
        collect(types);
    types->collected = true;
    size_t first = position_of(types, name);
    Dwarf_Word bytes = 0, other;
    for (size_t i = first; i < types->count && strcmp(types->types[i].name, name) == 0; i++) {
        if (dwarf_aggregate_size(&types->types[i].entry, &other) != 0 ||
            (i > first && other != bytes))
            return false;
        bytes = other;
    }
    if (bytes == 0)
        return false;
    *type = types->types[first].entry;
    return true;
}
