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

#define MODULES 3u /* libc, ld.so, ours */

struct restoring {
    struct dl_find_object allowed[MODULES];
    const struct link_map *loaded_after; /* what came later may serve as well; NULL: nothing */
    void *ours; /* what dlopen says for us: it finds ours, and then libc's */
};

static bool comes_after(const struct link_map *module, const struct link_map *other)
{
    while (other && other != module)
        other = other->l_next;
    return other != NULL;
}

static bool is_allowed(const struct restoring *restoring, uintptr_t target)
{
    struct dl_find_object found;
    for (unsigned i = 0; i < MODULES; i++)
        if (target >= (uintptr_t)restoring->allowed[i].dlfo_map_start &&
            target < (uintptr_t)restoring->allowed[i].dlfo_map_end)
            return true;
    return restoring->loaded_after && _dl_find_object((void *)target, &found) == 0 &&
           comes_after(found.dlfo_link_map, restoring->loaded_after->l_next);
}

/* Variables are everybody's: a program has a copy of libc's (environ). */
static bool restore(const struct import *import, void *context)
{
    struct restoring *restoring = context;
    if (!import->is_function || import->target == 0 || is_allowed(restoring, import->target))
        return true;
    if (!restoring->ours)
        restoring->ours = real.dlopen(restoring->allowed[MODULES - 1].dlfo_link_map->l_name,
                                      RTLD_LAZY | RTLD_NOLOAD);
    void *function = restoring->ours ? real_search(restoring->ours, import->name) : NULL;
    return !function || import_bind(import, (uintptr_t)function);
}

static void restore_module(const struct dl_find_object *found, const struct link_map *loaded_after)
{
    struct restoring restoring = {.loaded_after = loaded_after};
    const void *of_modules[MODULES] = {(void *)gnu_get_libc_version, (void *)__tls_get_addr,
                                       __ehdr_start};
    for (unsigned i = 0; i < MODULES; i++)
        if (_dl_find_object((void *)(uintptr_t)of_modules[i], &restoring.allowed[i]) != 0)
            return;
    const ElfW(Ehdr) *header = found->dlfo_map_start;
    struct dl_phdr_info module = {.dlpi_addr = found->dlfo_link_map->l_addr,
                                  .dlpi_phdr =
                                      (const void *)((const char *)header + header->e_phoff),
                                  .dlpi_phnum = header->e_phnum};
    imports_visit(&module, restore, &restoring);
}

void libc_binding_restore(void)
{
    struct dl_find_object ours;
    if (_dl_find_object((void *)(uintptr_t)__ehdr_start, &ours) == 0)
        restore_module(&ours, NULL);
}

const void *libc_binding_last_module(void)
{
    struct dl_find_object ours;
    if (_dl_find_object((void *)(uintptr_t)__ehdr_start, &ours) != 0)
        return NULL;
    const struct link_map *last = ours.dlfo_link_map;
    while (last->l_next)
        last = last->l_next;
    return last;
}

void libc_binding_restore_loaded(const void *inside, const void *last_module)
{
    const struct link_map *last = last_module;
    struct dl_find_object found;
    if (last && _dl_find_object((void *)(uintptr_t)inside, &found) == 0 &&
        comes_after(found.dlfo_link_map, last->l_next))
        restore_module(&found, last);
}
