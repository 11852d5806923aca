/*
 * The pointers by which a module reaches functions of others (its GOT), to be read and to be
 * changed. Writes into modules; no lock, no memory.
 */
#ifndef HASHTRACK_IMPORTS_H
#define HASHTRACK_IMPORTS_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* One function that a module gets from elsewhere. */
struct import {
    const struct dl_phdr_info *module;
    const char *name;
    uintptr_t *pointer;
    bool is_function; /* as far as the linker knew whose it is */
    uintptr_t target; /* a slot that waits for its first call leads into its own module */
};

/* Calls `visit` for each import of the module. False when one of the calls was. */
bool imports_visit(const struct dl_phdr_info *module,
                   bool (*visit)(const struct import *import, void *context), void *context);

/* Whether one of the module's segments holds the address. */
bool module_holds(const struct dl_phdr_info *module, uintptr_t address);

/* Makes the import lead elsewhere. False when the page cannot be written to. */
bool import_bind(const struct import *import, uintptr_t target);

#endif
