/*
 * The variables of a function that is being executed, by their distance from its CFA: see
 * variables.h. Only those count that have their place at this very instruction: at others it may be
 * that of another variable.
 */
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "code_scopes.h"
#include "entries.h"
#include "entry_type.h"
#include "function_name.h"
#include "variables_internal.h"

#define MAX_EXPRESSIONS 8

struct frame_search {
    const struct variable_source *source;
    Dwarf_Addr pc;   /* DWARF's */
    Dwarf_Addr bias; /* libdwfl's address minus DWARF's */
    int64_t wanted;
    Dwarf_Die *function; /* the one that has the frame */
    struct variable *found;
    size_t count, most;
    size_t entries_left;
};

static int register_of(unsigned atom, unsigned first)
{
    return atom >= first && atom < first + 32 ? (int)(atom - first) : -1;
}

/* What the register holds there, counted from the CFA, by the rule from which the CFA is made. */
static bool register_value(const struct frame_search *search, int number, int64_t *out)
{
    Dwarf_Addr bias;
    Dwarf_CFI *tables[2] = {dwfl_module_eh_cfi(search->source->module, &bias), NULL};
    Dwarf_Addr biases[2] = {bias, 0};
    tables[1] = dwfl_module_dwarf_cfi(search->source->module, &biases[1]);
    bool is_known = false;
    for (int i = 0; i < 2 && !is_known; i++) {
        Dwarf_Frame *frame;
        Dwarf_Op *rule;
        size_t length;
        if (tables[i] == NULL ||
            dwarf_cfi_addrframe(tables[i], search->pc + search->bias - biases[i], &frame) != 0)
            continue;
        if (dwarf_frame_cfa(frame, &rule, &length) == 0 && length == 1 &&
            (register_of(rule[0].atom, DW_OP_breg0) == number ||
             (rule[0].atom == DW_OP_bregx && rule[0].number == (Dwarf_Word)number))) {
            Dwarf_Word offset = rule[0].atom == DW_OP_bregx ? rule[0].number2 : rule[0].number;
            *out = -(int64_t)offset;
            is_known = true;
        }
        free(frame);
    }
    return is_known;
}

static bool frame_base(const struct frame_search *search, int64_t *out)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *expressions[1];
    size_t lengths[1];
    if (dwarf_attr_integrate(search->function, DW_AT_frame_base, &attribute) == NULL ||
        dwarf_getlocation_addr(&attribute, search->pc, expressions, lengths, 1) != 1 ||
        lengths[0] != 1)
        return false;
    if (expressions[0][0].atom == DW_OP_call_frame_cfa) {
        *out = 0;
        return true;
    }
    int number = register_of(expressions[0][0].atom, DW_OP_reg0);
    return number >= 0 && register_value(search, number, out);
}

/* Where the variable lies, counted from the CFA. */
static bool place_of(const struct frame_search *search, Dwarf_Die *entry, int64_t *out)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *expressions[MAX_EXPRESSIONS];
    size_t lengths[MAX_EXPRESSIONS];
    int64_t base;
    if (dwarf_attr(entry, DW_AT_location, &attribute) == NULL ||
        dwarf_getlocation_addr(&attribute, search->pc, expressions, lengths, MAX_EXPRESSIONS) !=
            1 ||
        lengths[0] != 1)
        return false;
    const Dwarf_Op *operation = &expressions[0][0];
    int number = register_of(operation->atom, DW_OP_breg0);
    if (operation->atom == DW_OP_fbreg ? !frame_base(search, &base)
                                       : number < 0 || !register_value(search, number, &base))
        return false;
    *out = base + (int64_t)operation->number;
    return true;
}

static void look_at(struct frame_search *search, Dwarf_Die *entry)
{
    Dwarf_Die type;
    int64_t place;
    const char *name = dwarf_diename(entry);
    if (name == NULL || !entry_type(entry, &type) || !place_of(search, entry, &place))
        return;
    uint64_t offset = (uint64_t)(search->wanted - place);
    uint64_t bytes = type_bytes(&type);
    if (search->wanted < place || offset >= bytes)
        return;
    if (search->count < search->most) {
        struct variable *variable = &search->found[search->count];
        memset(variable, 0, sizeof(*variable));
        variable_describe(entry, variable);
        variable->name = strdup(name);
        variable->scope =
            function_name(compile_units_scopes(search->source->units), search->function, NULL);
        variable->offset = offset;
        variable->bytes = bytes;
    }
    search->count++;
}

static void look_below(struct frame_search *search, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die entry;
    if (depth > 64 || dwarf_child(parent, &entry) != 0)
        return;
    do {
        if (search->entries_left == 0)
            return;
        search->entries_left--;
        switch (dwarf_tag(&entry)) {
        case DW_TAG_variable:
        case DW_TAG_formal_parameter:
            look_at(search, &entry);
            break;
        case DW_TAG_lexical_block:
            if (dwarf_haspc(&entry, search->pc) > 0)
                look_below(search, &entry, depth + 1);
            break;
        default:
            break;
        }
    } while (entry_next(&entry));
}

size_t variables_of_frame(struct variables *variables, uint64_t address, int64_t frame_offset,
                          struct variable *out, size_t most)
{
    Dwarf_Die unit, code;
    Dwarf_Addr bias;
    struct code_scopes scopes = {.count = 0};
    if (variables == NULL)
        return 0;
    const struct variable_source *source = variables_source(variables);
    Dwarf_Addr place = address - 1 + source->bias;
    if (!compile_units_find(source->units, place, &unit, &code, &bias))
        return 0;
    code_scopes_find(compile_units_functions(source->units), &code, place - bias, &scopes);
    struct frame_search search = {
        .source = source,
        .pc = place - bias,
        .bias = bias,
        .wanted = frame_offset,
        .function = &scopes.functions[0],
        .found = out,
        .most = most,
        .entries_left = entries_at_most(&code),
    };
    for (size_t i = 0; i < scopes.count; i++)
        look_below(&search, &scopes.functions[i], 0);
    return search.count;
}
