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

#include "page.h"
#include "real.h"
#include "system.h"

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

/* What one module's dynamic section says. */
struct dynamic {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Rela) * relocations[2]; /* DT_RELA, DT_JMPREL */
    size_t counts[2];
};

struct redirection {
    struct function functions[FUNCTIONS];
    unsigned old_modules; /* they come first in the loader's list */
    unsigned visited;
    bool failed;
};

/* ld.so has added the bias to the addresses in here already. */
static bool read_dynamic(const ElfW(Dyn) * entry, struct dynamic *out)
{
    *out = (struct dynamic){0};
    for (; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            out->symbols = (const void *)entry->d_un.d_ptr;
            break;
        case DT_STRTAB:
            out->strings = (const void *)entry->d_un.d_ptr;
            break;
        case DT_RELA:
            out->relocations[0] = (const void *)entry->d_un.d_ptr;
            break;
        case DT_RELASZ:
            out->counts[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_JMPREL:
            out->relocations[1] = (const void *)entry->d_un.d_ptr;
            break;
        case DT_PLTRELSZ:
            out->counts[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        }
    }
    return out->symbols && out->strings;
}

static const struct function *function_of(const struct redirection *redirection,
                                          const struct dynamic *dynamic,
                                          const ElfW(Rela) * relocation)
{
    uint32_t type = ELF64_R_TYPE(relocation->r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT &&
        (type != R_X86_64_64 || relocation->r_addend != 0))
        return NULL;
    const ElfW(Sym) *symbol = &dynamic->symbols[ELF64_R_SYM(relocation->r_info)];
    if (symbol->st_shndx != SHN_UNDEF)
        return NULL; /* the module has a function of that name itself */
    for (unsigned i = 0; i < FUNCTIONS; i++)
        if (strcmp(dynamic->strings + symbol->st_name, redirection->functions[i].name) == 0)
            return &redirection->functions[i];
    return NULL;
}

/* Whether the address lies in a segment of that type of the module. */
static bool is_in(const struct dl_phdr_info *info, ElfW(Word) type, uintptr_t address)
{
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == type &&
            address - (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr) < info->dlpi_phdr[i].p_memsz)
            return true;
    return false;
}

static bool store(const struct dl_phdr_info *info, uintptr_t *pointer, uintptr_t value)
{
    uintptr_t page = (uintptr_t)pointer & ~(uintptr_t)(PAGE_BYTES - 1);
    bool is_protected = is_in(info, PT_GNU_RELRO, (uintptr_t)pointer);
    if (is_protected && system_call(SYS_mprotect, page, PAGE_BYTES, PROT_READ | PROT_WRITE, 0) != 0)
        return false;
    __atomic_store_n(pointer, value, __ATOMIC_RELEASE);
    if (is_protected)
        system_call(SYS_mprotect, page, PAGE_BYTES, PROT_READ, 0);
    return true;
}

static bool redirect(const struct redirection *redirection, const struct dl_phdr_info *info,
                     const struct dynamic *dynamic)
{
    bool succeeded = true;
    for (unsigned section = 0; section < 2; section++) {
        for (size_t i = 0; dynamic->relocations[section] && i < dynamic->counts[section]; i++) {
            const ElfW(Rela) *relocation = &dynamic->relocations[section][i];
            const struct function *function = function_of(redirection, dynamic, relocation);
            if (!function)
                continue;
            uintptr_t *pointer = (void *)(info->dlpi_addr + relocation->r_offset);
            uintptr_t target = __atomic_load_n(pointer, __ATOMIC_ACQUIRE);
            /* A slot that waits for its first call leads into its own module: it would find libc's,
             * too. */
            if (target == function->next || is_in(info, PT_LOAD, target))
                succeeded = store(info, pointer, function->ours) && succeeded;
        }
    }
    return succeeded;
}

static int visit(struct dl_phdr_info *info, size_t bytes, void *argument)
{
    struct redirection *redirection = argument;
    struct dynamic dynamic;
    (void)bytes;
    if (redirection->visited++ < redirection->old_modules)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC &&
            read_dynamic((const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), &dynamic) &&
            !redirect(redirection, info, &dynamic))
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
