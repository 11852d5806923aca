/*
 * From a function down to an address. libdw's dwarf_getscopes (0.188) does not look into entries
 * without addresses of their own, and rustc keeps all functions inside namespaces, which have none:
 * so the way down is ours.
 */
#include "code_scopes.h"

#include <stdbool.h>

#include <dwarf.h>

#include "entries.h"

#define MAX_DEPTH 256u

struct walk {
    Dwarf_Addr pc;
    size_t entries_left;
    enum function_depth depth;
    struct code_scopes *scopes;
};

static void add_scope(struct code_scopes *scopes, const Dwarf_Die *entry, int tag)
{
    if (tag == DW_TAG_subprogram || tag == DW_TAG_entry_point)
        scopes->count = 0; /* a function inside a function is not inlined into it */
    if (scopes->count < MAX_CODE_SCOPES)
        scopes->functions[scopes->count++] = *entry;
}

/* Adds what is around pc below `parent`; true when that is a function. */
static bool walk_below(struct walk *walk, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die entry;
    if (depth > MAX_DEPTH || dwarf_child(parent, &entry) != 0)
        return false;
    do {
        if (walk->entries_left == 0)
            return false;
        walk->entries_left--;
        int tag = dwarf_tag(&entry);
        bool is_function = tag == DW_TAG_subprogram || tag == DW_TAG_entry_point ||
                           tag == DW_TAG_inlined_subroutine;
        if ((is_function || tag == DW_TAG_lexical_block) && dwarf_haspc(&entry, walk->pc) > 0) {
            if (is_function)
                add_scope(walk->scopes, &entry, tag);
            return walk_below(walk, &entry, depth + 1) || is_function;
        }
        if (may_hold_functions(tag, walk->depth) && walk_below(walk, &entry, depth + 1))
            return true;
    } while (entry_next(&entry));
    return false;
}

void code_scopes_find(struct function_index *index, Dwarf_Die *unit, Dwarf_Addr pc,
                      struct code_scopes *scopes)
{
    scopes->count = 0;
    for (enum function_depth depth = 0; depth < FUNCTION_DEPTHS && scopes->count == 0; depth++) {
        Dwarf_Die function;
        if (!function_index_find(index, unit, depth, pc, &function))
            continue;
        struct walk walk = {
            .pc = pc,
            .entries_left = entries_at_most(unit),
            .depth = depth,
            .scopes = scopes,
        };
        add_scope(scopes, &function, DW_TAG_subprogram);
        walk_below(&walk, &function, 0);
    }
}
