/* The functions of a symbol table, sorted: see function_symbols.h. */
#include "function_symbols.h"

#include <stdlib.h>
#include <string.h>

struct function_symbols {
    Dwfl_Module *module;
    GElf_Addr bias;
    bool collected;
    struct function_symbol *sorted;
    const struct function_symbol **by_name; /* once a name was asked for */
    size_t count;
};

struct function_symbols *function_symbols_new(Dwfl_Module *module, GElf_Addr bias)
{
    struct function_symbols *symbols = calloc(1, sizeof(*symbols));
    if (symbols == NULL)
        return NULL;
    symbols->module = module;
    symbols->bias = bias;
    return symbols;
}

void function_symbols_free(struct function_symbols *symbols)
{
    if (symbols != NULL) {
        free(symbols->by_name);
        free(symbols->sorted);
    }
    free(symbols);
}

static int by_entry(const void *left, const void *right)
{
    const struct function_symbol *a = left, *b = right;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

static void collect(struct function_symbols *symbols)
{
    int count = dwfl_module_getsymtab(symbols->module);
    symbols->sorted = count > 0 ? calloc((size_t)count, sizeof(*symbols->sorted)) : NULL;
    for (int i = 0; symbols->sorted != NULL && i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        const char *name =
            dwfl_module_getsym_info(symbols->module, i, &symbol, &address, NULL, NULL, NULL);
        if (name == NULL || name[0] == '\0' || symbol.st_shndx == SHN_UNDEF ||
            GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
            continue;
        symbols->sorted[symbols->count++] = (struct function_symbol){
            .entry = address - symbols->bias,
            .bytes = symbol.st_size,
            .name = name,
            .is_global = GELF_ST_BIND(symbol.st_info) != STB_LOCAL,
        };
    }
    if (symbols->count > 1)
        qsort(symbols->sorted, symbols->count, sizeof(*symbols->sorted), by_entry);
}

/* How many begin at or before `address`. */
static size_t begun_at(struct function_symbols *symbols, uint64_t address)
{
    if (!symbols->collected)
        collect(symbols);
    symbols->collected = true;
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->sorted[middle].entry <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct function_symbol *function_symbols_at(struct function_symbols *symbols,
                                                  uint64_t address)
{
    size_t begun = begun_at(symbols, address);
    if (begun == 0 ||
        address - symbols->sorted[begun - 1].entry >= symbols->sorted[begun - 1].bytes)
        return NULL;
    return &symbols->sorted[begun - 1];
}

const struct function_symbol *function_symbols_entry(struct function_symbols *symbols,
                                                     uint64_t address)
{
    size_t begun = begun_at(symbols, address);
    if (begun == 0 || symbols->sorted[begun - 1].entry != address)
        return NULL;
    return &symbols->sorted[begun - 1];
}

/* Of one name the exported first: several source files may have a static function of that name. */
static int by_name(const void *left, const void *right)
{
    const struct function_symbol *const *a = left, *const *b = right;
    int order = strcmp((*a)->name, (*b)->name);
    return order != 0 ? order : (int)(*b)->is_global - (int)(*a)->is_global;
}

static bool sort_names(struct function_symbols *symbols)
{
    begun_at(symbols, 0);
    if (symbols->by_name != NULL || symbols->count == 0)
        return symbols->count > 0;
    symbols->by_name = calloc(symbols->count, sizeof(*symbols->by_name));
    if (symbols->by_name == NULL)
        return false;
    for (size_t i = 0; i < symbols->count; i++)
        symbols->by_name[i] = &symbols->sorted[i];
    qsort(symbols->by_name, symbols->count, sizeof(*symbols->by_name), by_name);
    return true;
}

const struct function_symbol *function_symbols_named(struct function_symbols *symbols,
                                                     const char *name)
{
    if (!sort_names(symbols))
        return NULL;
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(symbols->by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == symbols->count || strcmp(symbols->by_name[low]->name, name) != 0)
        return NULL;
    return symbols->by_name[low];
}

bool function_symbols_is_named(struct function_symbols *symbols, uint64_t entry, const char *name)
{
    for (size_t i = begun_at(symbols, entry); i > 0 && symbols->sorted[i - 1].entry == entry; i--) {
        if (strcmp(symbols->sorted[i - 1].name, name) == 0)
            return true;
    }
    return false;
}
