/*
 * The functions of a unit by address: see function_index.h. rustc keeps all functions inside
 * namespaces, whose entries have no addresses of their own, so the walk goes into those as well.
 */
#include "function_index.h"

#include <search.h>
#include <stdlib.h>

#include <dwarf.h>

#include "entries.h"

#define MAX_DEPTH 256u

struct function_range {
    Dwarf_Addr start, end;
    Dwarf_Addr furthest; /* the largest end of this range and all before it */
    Dwarf_Off entry;
};

struct range_list {
    bool is_collected;
    struct function_range *ranges; /* by start */
    size_t count, room;
};

/* A node of the tree `units`. */
struct indexed_unit {
    Dwarf_CU *unit;
    struct range_list lists[FUNCTION_DEPTHS];
};

struct function_index {
    void *units; /* tsearch(3) */
};

struct function_index *function_index_new(void)
{
    return calloc(1, sizeof(struct function_index));
}

static void free_unit(void *node)
{
    struct indexed_unit *unit = node;
    for (int i = 0; i < FUNCTION_DEPTHS; i++)
        free(unit->lists[i].ranges);
    free(unit);
}

void function_index_free(struct function_index *index)
{
    if (index != NULL)
        tdestroy(index->units, free_unit);
    free(index);
}

static int by_unit(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct indexed_unit *)left)->unit;
    uintptr_t b = (uintptr_t)((const struct indexed_unit *)right)->unit;
    return (a > b) - (a < b);
}

static struct indexed_unit *unit_in(struct function_index *index, Dwarf_CU *unit)
{
    struct indexed_unit wanted = {.unit = unit};
    struct indexed_unit **found = tfind(&wanted, &index->units, by_unit);
    if (found != NULL)
        return *found;
    struct indexed_unit *added = calloc(1, sizeof(*added));
    if (added == NULL)
        return NULL;
    added->unit = unit;
    if (tsearch(added, &index->units, by_unit) == NULL) {
        free(added);
        return NULL;
    }
    return added;
}

/* --- the collection --- */

bool may_hold_functions(int tag, enum function_depth depth)
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
        return depth == FUNCTIONS_ANYWHERE;
    default:
        return false;
    }
}

struct walk {
    enum function_depth depth;
    size_t entries_left, ranges_left;
    struct range_list *list;
};

static void add_range(struct walk *walk, const struct function_range *range)
{
    struct range_list *list = walk->list;
    if (walk->ranges_left == 0)
        return;
    if (list->count == list->room) {
        size_t room = list->room != 0 ? list->room * 2 : 64;
        struct function_range *grown = reallocarray(list->ranges, room, sizeof(*grown));
        if (grown == NULL)
            return; /* what memory does not suffice for stays unknown */
        list->ranges = grown;
        list->room = room;
    }
    walk->ranges_left--;
    list->ranges[list->count++] = *range;
}

static void add_function(struct walk *walk, Dwarf_Die *function)
{
    struct function_range range = {.entry = dwarf_dieoffset(function)};
    Dwarf_Addr base;
    ptrdiff_t next = 0;
    while (walk->ranges_left > 0 &&
           (next = dwarf_ranges(function, next, &base, &range.start, &range.end)) > 0)
        if (range.start < range.end)
            add_range(walk, &range);
}

static void walk_below(struct walk *walk, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die entry;
    if (depth > MAX_DEPTH || dwarf_child(parent, &entry) != 0)
        return;
    do {
        if (walk->entries_left == 0)
            return;
        walk->entries_left--;
        int tag = dwarf_tag(&entry);
        if (tag == DW_TAG_subprogram || tag == DW_TAG_entry_point)
            add_function(walk, &entry);
        if (may_hold_functions(tag, walk->depth))
            walk_below(walk, &entry, depth + 1);
    } while (entry_next(&entry));
}

static int by_start(const void *left, const void *right)
{
    const struct function_range *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

static void collect(struct range_list *list, Dwarf_Die *unit, enum function_depth depth)
{
    size_t bytes = entries_at_most(unit);
    struct walk walk = {.depth = depth, .entries_left = bytes, .ranges_left = bytes, .list = list};
    walk_below(&walk, unit, 0);
    if (list->count > 1)
        qsort(list->ranges, list->count, sizeof(list->ranges[0]), by_start);
    Dwarf_Addr furthest = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->ranges[i].end > furthest)
            furthest = list->ranges[i].end;
        list->ranges[i].furthest = furthest;
    }
    list->is_collected = true;
}

/* --- the search --- */

/* Of the ranges around pc that of the first entry. */
static const struct function_range *range_at(const struct range_list *list, Dwarf_Addr pc)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->ranges[middle].start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    const struct function_range *found = NULL;
    for (; low > 0 && list->ranges[low - 1].furthest > pc; low--) {
        const struct function_range *range = &list->ranges[low - 1];
        if (range->end > pc && (found == NULL || range->entry < found->entry))
            found = range;
    }
    return found;
}

bool function_index_find(struct function_index *index, Dwarf_Die *unit, enum function_depth depth,
                         Dwarf_Addr pc, Dwarf_Die *function)
{
    struct indexed_unit *indexed = index != NULL ? unit_in(index, unit->cu) : NULL;
    if (indexed == NULL)
        return false;
    struct range_list *list = &indexed->lists[depth];
    if (!list->is_collected)
        collect(list, unit, depth);
    const struct function_range *range = range_at(list, pc);
    return range != NULL &&
           dwarf_offdie(dwarf_cu_getdwarf(unit->cu), range->entry, function) != NULL;
}
