/*
 * The compilation unit at an address. elfutils 0.188 finds it by .debug_aranges only, a section
 * that gcc writes and clang and rustc do not. Where it is missing, the address ranges that the
 * units state themselves (DW_AT_ranges, DW_AT_low_pc) are collected once and sorted.
 */
#include "compile_units.h"

#include <stdlib.h>

#include <dwarf.h>

struct unit_range {
    Dwarf_Addr start, end; /* libdwfl's addresses */
    Dwarf_Addr bias;
    Dwarf_Die unit;
};

struct compile_units {
    Dwfl_Module *module;
    struct function_index *functions;
    struct scope_index *scopes;
    bool collected;
    struct unit_range *ranges;
    size_t count, room;
};

struct compile_units *compile_units_new(Dwfl_Module *module)
{
    struct compile_units *units = calloc(1, sizeof(*units));
    if (units != NULL) {
        units->module = module;
        units->functions = function_index_new();
        units->scopes = scope_index_new();
    }
    return units;
}

struct function_index *compile_units_functions(struct compile_units *units)
{
    return units->functions;
}

struct scope_index *compile_units_scopes(struct compile_units *units)
{
    return units->scopes;
}

void compile_units_free(struct compile_units *units)
{
    if (units != NULL) {
        function_index_free(units->functions);
        scope_index_free(units->scopes);
        free(units->ranges);
    }
    free(units);
}

static bool add_range(struct compile_units *units, const struct unit_range *range)
{
    if (units->count == units->room) {
        size_t room = units->room != 0 ? units->room * 2 : 256;
        struct unit_range *grown = reallocarray(units->ranges, room, sizeof(*grown));
        if (grown == NULL)
            return false;
        units->ranges = grown;
        units->room = room;
    }
    units->ranges[units->count++] = *range;
    return true;
}

static int by_start(const void *left, const void *right)
{
    const struct unit_range *a = left, *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

static bool add_unit(struct compile_units *units, Dwarf_Die *unit, Dwarf_Addr bias)
{
    Dwarf_Addr base, start, end;
    ptrdiff_t next = 0;
    while ((next = dwarf_ranges(unit, next, &base, &start, &end)) > 0) {
        struct unit_range range = {
            .start = start + bias, .end = end + bias, .bias = bias, .unit = *unit};
        /* A section that the linker dropped leaves a range at or near 0. */
        if (start < end && start != 0 && !add_range(units, &range))
            return false;
    }
    return true;
}

/* What memory does not suffice for stays unknown. */
static void collect(struct compile_units *units)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = NULL;
    do
        unit = dwfl_module_nextcu(units->module, unit, &bias);
    while (unit != NULL && add_unit(units, unit, bias));
    if (units->count > 1)
        qsort(units->ranges, units->count, sizeof(units->ranges[0]), by_start);
}

static const struct unit_range *range_at(const struct compile_units *units, Dwarf_Addr address)
{
    size_t low = 0, high = units->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (units->ranges[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address >= units->ranges[low - 1].end)
        return NULL;
    return &units->ranges[low - 1];
}

bool compile_units_find(struct compile_units *units, Dwarf_Addr address, Dwarf_Die *unit,
                        Dwarf_Die *code, Dwarf_Addr *bias)
{
    if (units == NULL)
        return false;
    Dwarf_Die *found = dwfl_module_addrdie(units->module, address, bias);
    /* libdwfl takes the unit before a gap for the owner of the gap; the unit knows better. */
    if (found != NULL && dwarf_haspc(found, address - *bias) != 0) {
        *unit = *found;
    } else {
        if (!units->collected)
            collect(units);
        units->collected = true;
        const struct unit_range *range = range_at(units, address);
        if (range == NULL)
            return false;
        *unit = range->unit;
        *bias = range->bias;
    }

    compile_units_code(unit, code);
    return true;
}

void compile_units_code(Dwarf_Die *unit, Dwarf_Die *code)
{
    uint8_t type;
    Dwarf_Die split;
    *code = *unit;
    if (dwarf_cu_info(unit->cu, NULL, &type, NULL, &split, NULL, NULL, NULL) == 0 &&
        type == DW_UT_skeleton && split.cu != NULL)
        *code = split;
}
