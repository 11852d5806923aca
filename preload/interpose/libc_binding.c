/*
 * Binding to libc again: see libc_binding.h. Mostly there is nothing to do, which takes a look at
 * sixty pointers. Writes to the pointers of our own modules, before there are threads.
 */
#include "libc_binding.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#include "glibc.h"
#include "imports.h"
#include "real.h"

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* Bound where the program, or what it is linked with, has loaded libunwind. */
extern int program_unwinds(void **, int) __asm__("unw_backtrace") __attribute__((weak));

#define MODULES 3u /* libc, ld.so, ours */

struct restoring {
    struct dl_find_object allowed[MODULES];
    void *ours; /* what dlopen says for us: it finds ours, and then libc's */
};

bool libc_binding_shares_libunwind(void)
{
    return program_unwinds != NULL;
}

static bool is_allowed(const struct restoring *restoring, uintptr_t target)
{
    for (unsigned i = 0; i < MODULES; i++)
        if (target >= (uintptr_t)restoring->allowed[i].dlfo_map_start &&
            target < (uintptr_t)restoring->allowed[i].dlfo_map_end)
            return true;
    return false;
}

/* Variables are everybody's: a program has a copy of libc's (environ). */
static bool restore(const struct import *import, void *context)
{
    struct restoring *restoring = context;
    if (!import->is_function || import->target == 0 || is_allowed(restoring, import->target) ||
        module_holds(import->module, import->target))
        return true;
    if (!restoring->ours)
        restoring->ours = real.dlopen(restoring->allowed[MODULES - 1].dlfo_link_map->l_name,
                                      RTLD_LAZY | RTLD_NOLOAD);
    void *function = restoring->ours ? real_search(restoring->ours, import->name) : NULL;
    return !function || import_bind(import, (uintptr_t)function);
}

void libc_binding_restore(const void *inside)
{
    struct restoring restoring = {0};
    struct dl_find_object found;
    const void *of_modules[MODULES] = {(void *)gnu_get_libc_version, (void *)__tls_get_addr,
                                       __ehdr_start};
    for (unsigned i = 0; i < MODULES; i++)
        if (_dl_find_object((void *)(uintptr_t)of_modules[i], &restoring.allowed[i]) != 0)
            return;
    if (_dl_find_object((void *)(uintptr_t)inside, &found) != 0)
        return;
    const ElfW(Ehdr) *header = found.dlfo_map_start;
    struct dl_phdr_info module = {.dlpi_addr = found.dlfo_link_map->l_addr,
                                  .dlpi_phdr =
                                      (const void *)((const char *)header + header->e_phoff),
                                  .dlpi_phnum = header->e_phnum};
    imports_visit(&module, restore, &restoring);
}
