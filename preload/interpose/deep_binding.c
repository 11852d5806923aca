/*
 * Binding again: see deep_binding.h. Writes into the pointers of other modules (their GOT), under
 * the loader's lock.
 */
#include "deep_binding.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "imports.h"
#include "real.h"

struct function {
    const char *name;
    uintptr_t ours;
    uintptr_t next;
};

#define FUNCTIONS 11

static void list_functions(struct function list[FUNCTIONS])
{
    const struct function functions[FUNCTIONS] = {
#define FUNCTION(name) {#name, (uintptr_t)name, (uintptr_t)real.name}
        FUNCTION(malloc),
        FUNCTION(free),
        FUNCTION(calloc),
        FUNCTION(realloc),
        FUNCTION(reallocarray),
        FUNCTION(posix_memalign),
        FUNCTION(aligned_alloc),
        FUNCTION(memalign),
        FUNCTION(valloc),
        FUNCTION(pvalloc),
        FUNCTION(malloc_usable_size),
#undef FUNCTION
    };
    memcpy(list, functions, sizeof(functions));
}

struct redirection {
    struct function functions[FUNCTIONS];
    unsigned old_modules; /* they come first in the loader's list */
    unsigned visited;
    bool failed;
};

static const struct function *function_of(const struct redirection *redirection, const char *name)
{
    for (unsigned i = 0; i < FUNCTIONS; i++)
        if (strcmp(name, redirection->functions[i].name) == 0)
            return &redirection->functions[i];
    return NULL;
}

/* A slot that waits for its first call would find libc's, too. */
static bool redirect(const struct import *import, void *context)
{
    const struct function *function = function_of(context, import->name);
    if (!function ||
        (import->target != function->next && !module_holds(import->module, import->target)))
        return true;
    return import_bind(import, function->ours);
}

static int visit(struct dl_phdr_info *info, size_t bytes, void *argument)
{
    struct redirection *redirection = argument;
    (void)bytes;
    if (redirection->visited++ >= redirection->old_modules &&
        !imports_visit(info, redirect, redirection))
        redirection->failed = true;
    return 0;
}

static int count_module(struct dl_phdr_info *info, size_t bytes, void *count)
{
    (void)info, (void)bytes;
    ++*(unsigned *)count;
    return 0;
}

unsigned deep_binding_modules(void)
{
    unsigned count = 0;
    real.dl_iterate_phdr(count_module, &count);
    return count;
}

bool deep_binding_redirect(void *handle, unsigned modules)
{
    struct redirection redirection = {.old_modules = modules};
    /* As the plugin finds them. One that brings an allocator of its own keeps it. */
    bool is_ours = dlsym(handle, "malloc") == (void *)real.malloc &&
                   dlsym(handle, "free") == (void *)real.free;
    dlerror(); /* a miss leaves a message, which the program would take for dlopen's */
    if (!is_ours)
        return false;
    list_functions(redirection.functions);
    real.dl_iterate_phdr(visit, &redirection);
    return !redirection.failed;
}
