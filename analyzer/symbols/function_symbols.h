/*
 * The functions that the symbol table of a module names, by address. Sorted when first asked for:
 * libdw 0.188 walks the whole table for each address.
 */
#ifndef HASHTRACK_FUNCTION_SYMBOLS_H
#define HASHTRACK_FUNCTION_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdwfl.h>

struct function_symbol {
    uint64_t entry; /* ELF virtual address */
    uint64_t bytes;
    const char *name; /* the linker's; owned by the module */
    bool is_global;   /* not static */
};

struct function_symbols;

/* `bias` is libdwfl's address minus the ELF virtual address; NULL when memory ran out. */
struct function_symbols *function_symbols_new(Dwfl_Module *module, GElf_Addr bias);
void function_symbols_free(struct function_symbols *symbols);

/* The function whose code is at `address`; NULL when none is known. */
const struct function_symbol *function_symbols_at(struct function_symbols *symbols,
                                                  uint64_t address);

/* The function that begins at `address`. */
const struct function_symbol *function_symbols_entry(struct function_symbols *symbols,
                                                     uint64_t address);

/* A function of that name, one that is not static where there are several. */
const struct function_symbol *function_symbols_named(struct function_symbols *symbols,
                                                     const char *name);

/* Whether `name` is one of the names of the function that begins at `entry`. */
bool function_symbols_is_named(struct function_symbols *symbols, uint64_t entry, const char *name);

#endif
