/*
 * A walk down the tree of debugging information entries to an address. libdw's dwarf_getscopes
 * (0.188) does not look into entries without addresses of their own, and rustc keeps all functions
 * inside namespaces, which have none: so the walk is ours.
 */
#include "code_scopes.h"

#include <stdbool.h>

#include <dwarf.h>

/* Entries looked at before a file is taken for damaged: a ring of siblings would go on for ever.
 * The largest units seen (generated code, 40 MB of .debug_info) have some four million. */
#define MAX_ENTRIES 50000000u
#define MAX_DEPTH   256u

struct walk {
    Dwarf_Addr pc;
    unsigned entries;
    bool into_functions; /* also into functions that do not contain pc */
    struct code_scopes *scopes;
};

/* Whether functions may hide below an entry that has no code at pc itself. */
static bool may_hold_functions(const struct walk *walk, int tag)
{
    switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type: /* Rust's enums have methods */
    case DW_TAG_variant_part:
        return true;
    case DW_TAG_subprogram: /* a local class keeps its member functions where it stands */
    case DW_TAG_lexical_block:
        return walk->into_functions;
    default:
        return false;
    }
}

static void add_scope(struct code_scopes *scopes, const Dwarf_Die *entry, int tag)
{
    if (tag == DW_TAG_subprogram || tag == DW_TAG_entry_point)
        scopes->count = 0; /* a function inside a function is not inlined into it */
    if (scopes->count < MAX_CODE_SCOPES)
        scopes->functions[scopes->count++] = *entry;
}

/* True when a function at pc was found below `parent`. */
static bool walk_below(struct walk *walk, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die entry;
    if (depth > MAX_DEPTH || dwarf_child(parent, &entry) != 0)
        return false;
    do {
        if (++walk->entries > MAX_ENTRIES)
            return false;
        int tag = dwarf_tag(&entry);
        bool is_function = tag == DW_TAG_subprogram || tag == DW_TAG_entry_point ||
                           tag == DW_TAG_inlined_subroutine;
        if ((is_function || tag == DW_TAG_lexical_block) && dwarf_haspc(&entry, walk->pc) > 0) {
            if (is_function)
                add_scope(walk->scopes, &entry, tag);
            return walk_below(walk, &entry, depth + 1) || is_function;
        }
        if (may_hold_functions(walk, tag) && walk_below(walk, &entry, depth + 1))
            return true;
    } while (dwarf_siblingof(&entry, &entry) == 0);
    return false;
}

void code_scopes_find(Dwarf_Die *unit, Dwarf_Addr pc, struct code_scopes *scopes)
{
    struct walk walk = {.pc = pc, .scopes = scopes};
    scopes->count = 0;
    if (!walk_below(&walk, unit, 0)) {
        walk.into_functions = true;
        walk_below(&walk, unit, 0);
    }
}
