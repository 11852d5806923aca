/*
 * Static and thread-local variables of a module: see variables.h.
 *
 * No table in an ELF file leads from a datum to its debugging information, so the variables are
 * collected: those outside of functions when first asked, those inside only if that was not enough,
 * for it takes a walk through everything.
 */
#include "variables.h"

#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "demangle.h"
#include "entries.h"
#include "entry_type.h"
#include "function_name.h"
#include "variables_internal.h"

#define MAX_DEPTH  256u
#define MAX_SCOPES 64u

struct known_variable {
    uint64_t address; /* libdwfl's; thread-local: the offset */
    uint64_t bytes;
    enum variable_storage storage;
    Dwarf_Die entry;
};

struct variables {
    struct variable_source source;
    struct complete_types *types;
    bool collected, collected_in_functions;
    struct known_variable *known; /* sorted by storage and address */
    size_t count, room;
    size_t entries_left; /* of the unit that is being read */
};

struct variables *variables_new(Dwfl_Module *module, GElf_Addr bias, struct compile_units *units)
{
    struct variables *variables = calloc(1, sizeof(*variables));
    if (variables != NULL) {
        variables->source =
            (struct variable_source){.module = module, .bias = bias, .units = units};
        variables->types = complete_types_new(module);
    }
    return variables;
}

void variables_free(struct variables *variables)
{
    if (variables != NULL) {
        complete_types_free(variables->types);
        free(variables->known);
    }
    free(variables);
}

struct complete_types *variables_types(struct variables *variables)
{
    return variables->types;
}

struct scope_index *variables_scopes(struct variables *variables)
{
    return variables->source.units != NULL ? compile_units_scopes(variables->source.units) : NULL;
}

void variable_free(struct variable *variable)
{
    free(variable->name);
    free(variable->scope);
    free(variable->file);
    memset(variable, 0, sizeof(*variable));
}

/* --- what a variable's entry says --- */

/* dwarf_decl_file (elfutils 0.188) refuses file 0, which is the unit's own in DWARF 5. */
static char *declaring_file(Dwarf_Die *entry)
{
    Dwarf_Attribute attribute;
    Dwarf_Word index;
    Dwarf_Files *files;
    size_t count;
    Dwarf_Die unit;
    if (dwarf_formudata(dwarf_attr_integrate(entry, DW_AT_decl_file, &attribute), &index) != 0 ||
        dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) == NULL ||
        dwarf_getsrcfiles(&unit, &files, &count) != 0 || index >= count)
        return NULL;
    const char *file = dwarf_filesrc(files, index, NULL, NULL);
    return file != NULL ? strdup(file) : NULL;
}

void variable_describe(Dwarf_Die *entry, struct variable *out)
{
    out->has_type = entry_type(entry, &out->type);
    out->file = declaring_file(entry);
    if (dwarf_decl_line(entry, &out->line) != 0)
        out->line = 0;
}

/* Rust's thread_local! wraps the value in a function of its own: "LOCAL::{constant#0}::...". */
static void drop_wrappers(char *name)
{
    static const char *const wrappers[] = {"::{constant#", "::__getit"};
    for (size_t i = 0; name != NULL && i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        char *found = strstr(name, wrappers[i]);
        if (found != NULL)
            *found = '\0';
    }
}

/* A variable of a function has the function's whole name before it, of which DWARF's scopes show
 * but the last word when it is a member. */
static char *name_of(struct scope_index *index, Dwarf_Die *entry)
{
    const char *last = dwarf_diename(entry);
    Dwarf_Die scopes[MAX_SCOPES];
    char *function = NULL, *name = NULL;
    size_t count = last != NULL ? scope_index_find(index, entry, scopes, MAX_SCOPES) : 0;
    for (size_t i = count; i-- > 1 && function == NULL;)
        if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
            function = function_name(index, &scopes[i], NULL);
    if (last == NULL)
        return NULL;
    if (function == NULL)
        return scoped_name(index, entry, last);
    if (asprintf(&name, "%s()::%s", function, last) < 0)
        name = NULL;
    free(function);
    return name;
}

/* The place that a location expression names, when it is a static or thread-local one. */
static bool location_of(Dwarf_Die *entry, uint64_t bias, struct known_variable *out)
{
    Dwarf_Attribute location, operand;
    Dwarf_Op *expression;
    size_t length;
    Dwarf_Addr address;
    if (dwarf_attr(entry, DW_AT_location, &location) == NULL ||
        dwarf_getlocation(&location, &expression, &length) != 0 || length == 0 || length > 2)
        return false;
    if (length == 2) {
        out->storage = VARIABLE_THREAD_LOCAL;
        if (expression[1].atom != DW_OP_GNU_push_tls_address &&
            expression[1].atom != DW_OP_form_tls_address)
            return false;
        bias = 0;
    }
    switch (expression[0].atom) {
    case DW_OP_addr:
    case DW_OP_const4u:
    case DW_OP_const8u:
        address = expression[0].number;
        break;
    case DW_OP_addrx:
    case DW_OP_constx:
    case DW_OP_GNU_addr_index:
    case DW_OP_GNU_const_index:
        if (dwarf_getlocation_attr(&location, &expression[0], &operand) != 0 ||
            dwarf_formaddr(&operand, &address) != 0)
            return false;
        break;
    default:
        return false;
    }
    /* What the linker dropped is left at 0. */
    if (length == 1 && (address == 0 || expression[0].atom == DW_OP_const4u ||
                        expression[0].atom == DW_OP_const8u))
        return false;
    out->address = address + bias;
    return true;
}

/* --- the collection --- */

static void add(struct variables *variables, const struct known_variable *variable)
{
    if (variables->count == variables->room) {
        size_t room = variables->room != 0 ? variables->room * 2 : 256;
        struct known_variable *grown = reallocarray(variables->known, room, sizeof(*grown));
        if (grown == NULL)
            return; /* what memory does not suffice for stays unknown */
        variables->known = grown;
        variables->room = room;
    }
    variables->known[variables->count++] = *variable;
}

static void add_variable(struct variables *variables, Dwarf_Die *entry, Dwarf_Addr bias)
{
    struct known_variable variable = {.storage = VARIABLE_STATIC, .entry = *entry};
    Dwarf_Die type;
    if (!location_of(entry, bias, &variable))
        return;
    if (entry_type(entry, &type))
        variable.bytes = type_bytes(&type);
    add(variables, &variable);
}

static void collect_below(struct variables *variables, Dwarf_Die *parent, Dwarf_Addr bias,
                          bool in_functions, unsigned depth)
{
    Dwarf_Die entry;
    if (depth > MAX_DEPTH || dwarf_child(parent, &entry) != 0)
        return;
    do {
        if (variables->entries_left == 0)
            return;
        variables->entries_left--;
        switch (dwarf_tag(&entry)) {
        case DW_TAG_variable:
            add_variable(variables, &entry, bias);
            break;
        case DW_TAG_subprogram:
        case DW_TAG_lexical_block:
        case DW_TAG_inlined_subroutine:
            if (in_functions)
                collect_below(variables, &entry, bias, in_functions, depth + 1);
            break;
        case DW_TAG_namespace:
        case DW_TAG_module:
        case DW_TAG_class_type:
        case DW_TAG_structure_type:
        case DW_TAG_union_type:
            collect_below(variables, &entry, bias, in_functions, depth + 1);
            break;
        default:
            break;
        }
    } while (entry_next(&entry));
}

static int by_address(const void *left, const void *right)
{
    const struct known_variable *a = left, *b = right;
    if (a->storage != b->storage)
        return a->storage < b->storage ? -1 : 1;
    return (a->address > b->address) - (a->address < b->address);
}

static void collect(struct variables *variables, bool in_functions)
{
    Dwarf_Addr bias;
    Dwarf_Die code;
    variables->count = 0;
    for (Dwarf_Die *unit = NULL;
         (unit = dwfl_module_nextcu(variables->source.module, unit, &bias)) != NULL;) {
        compile_units_code(unit, &code);
        variables->entries_left = entries_at_most(&code);
        collect_below(variables, &code, bias, in_functions, 0);
    }
    if (variables->count > 1)
        qsort(variables->known, variables->count, sizeof(variables->known[0]), by_address);
}

/* The variable around the address, NULL when none is known. */
static const struct known_variable *known_at(const struct variables *variables,
                                             enum variable_storage storage, uint64_t address)
{
    size_t low = 0, high = variables->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct known_variable *variable = &variables->known[middle];
        if (variable->storage < storage ||
            (variable->storage == storage && variable->address <= address))
            low = middle + 1;
        else
            high = middle;
    }
    /* Some entries of a variable lack its size: another one beside it may have it. */
    while (low > 0 && variables->known[low - 1].storage == storage) {
        const struct known_variable *variable = &variables->known[--low];
        if (address - variable->address < variable->bytes)
            return variable;
        if (low > 0 && variables->known[low - 1].address != variable->address)
            break;
    }
    return NULL;
}

/* --- without DWARF --- */

/* libdwfl looks thread-local symbols up by an address that they do not have. */
static const char *thread_local_symbol(Dwfl_Module *module, uint64_t offset, GElf_Sym *symbol)
{
    int count = dwfl_module_getsymtab(module);
    for (int i = 1; i < count; i++) {
        GElf_Addr address;
        GElf_Word section;
        const char *name =
            dwfl_module_getsym_info(module, i, symbol, &address, &section, NULL, NULL);
        if (name != NULL && GELF_ST_TYPE(symbol->st_info) == STT_TLS &&
            symbol->st_shndx != SHN_UNDEF && offset - symbol->st_value < symbol->st_size)
            return name;
    }
    return NULL;
}

/* The symbol around the address, NULL when there is none; *offset: of the address in it. */
static const char *symbol_at(const struct variables *variables, enum variable_storage storage,
                             uint64_t address, GElf_Off *offset, GElf_Sym *symbol)
{
    Dwfl_Module *module = variables->source.module;
    const char *name;
    if (storage == VARIABLE_THREAD_LOCAL) {
        name = thread_local_symbol(module, address, symbol);
        *offset = name != NULL ? address - symbol->st_value : 0;
        return name;
    }
    name = dwfl_module_addrinfo(module, address, offset, symbol, NULL, NULL, NULL);
    return name != NULL && name[0] != '\0' && GELF_ST_TYPE(symbol->st_info) == STT_OBJECT &&
                   *offset < symbol->st_size
               ? name
               : NULL;
}

static bool find_symbol(const struct variables *variables, enum variable_storage storage,
                        uint64_t address, struct variable *out)
{
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name = symbol_at(variables, storage, address, &offset, &symbol);
    if (name == NULL)
        return false;
    out->name = demangle_function(name);
    out->offset = offset;
    out->bytes = symbol.st_size;
    return out->name != NULL;
}

/* clang 14 puts the static variables of a function that is inlined everywhere beside it, and only
 * the linker's name ("_ZZ6lookupvE5cache") still says whose they are. */
static char *name_in_function(const struct variables *variables, enum variable_storage storage,
                              uint64_t address)
{
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name = symbol_at(variables, storage, address, &offset, &symbol);
    return name != NULL && strncmp(name, "_ZZ", 3) == 0 ? demangle_function(name) : NULL;
}

bool variables_find(struct variables *variables, enum variable_storage storage, uint64_t address,
                    struct variable *out)
{
    memset(out, 0, sizeof(*out));
    if (variables == NULL)
        return false;
    uint64_t wanted = storage == VARIABLE_STATIC ? address + variables->source.bias : address;
    if (!variables->collected)
        collect(variables, false);
    variables->collected = true;
    const struct known_variable *known = known_at(variables, storage, wanted);
    if (known == NULL && !variables->collected_in_functions) {
        collect(variables, true);
        variables->collected_in_functions = true;
        known = known_at(variables, storage, wanted);
    }
    if (known == NULL)
        return find_symbol(variables, storage, wanted, out);
    Dwarf_Die entry = known->entry;
    variable_describe(&entry, out);
    out->name = name_in_function(variables, storage, wanted);
    if (out->name == NULL)
        out->name = name_of(variables_scopes(variables), &entry);
    drop_wrappers(out->name);
    out->offset = wanted - known->address;
    out->bytes = known->bytes;
    if (out->name == NULL)
        variable_free(out);
    return out->name != NULL;
}

const struct variable_source *variables_source(const struct variables *variables)
{
    return &variables->source;
}
