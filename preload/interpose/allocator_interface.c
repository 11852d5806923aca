/*
 * Who calls jemalloc by its own functions: see allocator_interface.h. What a module calls of others
 * stands in its relocations, which name the symbols. No memory is allocated.
 */
#include "allocator_interface.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#include "real.h"

/* Of mallocx, rallocx, sdallocx and the like the one that a program cannot do without. */
#define ALLOCATES "mallocx"

struct relocations {
    const ElfW(Rela) * first;
    size_t count;
};

struct dynamic {
    const ElfW(Sym) * symbols;
    const char *names;
    struct relocations relocations[2]; /* of pointers, and of the procedure linkage table */
};

static struct dynamic dynamic_of(const ElfW(Dyn) * entry)
{
    struct dynamic dynamic = {0};
    for (; entry->d_tag != DT_NULL; entry++) {
        const void *address = (const void *)entry->d_un.d_ptr;
        if (entry->d_tag == DT_SYMTAB)
            dynamic.symbols = address;
        else if (entry->d_tag == DT_STRTAB)
            dynamic.names = address;
        else if (entry->d_tag == DT_RELA)
            dynamic.relocations[0].first = address;
        else if (entry->d_tag == DT_RELASZ)
            dynamic.relocations[0].count = entry->d_un.d_val / sizeof(ElfW(Rela));
        else if (entry->d_tag == DT_JMPREL)
            dynamic.relocations[1].first = address;
        else if (entry->d_tag == DT_PLTRELSZ)
            dynamic.relocations[1].count = entry->d_un.d_val / sizeof(ElfW(Rela));
    }
    return dynamic;
}

static int look_into(struct dl_phdr_info *info, size_t bytes, void *context)
{
    const ElfW(Dyn) *entries = NULL;
    (void)bytes;
    (void)context;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entries = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    if (!entries)
        return 0;
    struct dynamic dynamic = dynamic_of(entries);
    /* The loader has made addresses of the offsets, but for the kernel's vdso. */
    if ((uintptr_t)dynamic.symbols < info->dlpi_addr || !dynamic.symbols || !dynamic.names)
        return 0;
    for (int kind = 0; kind < 2; kind++)
        for (size_t i = 0; i < dynamic.relocations[kind].count; i++) {
            uint64_t symbol = ELF64_R_SYM(dynamic.relocations[kind].first[i].r_info);
            const ElfW(Sym) *named = &dynamic.symbols[symbol];
            if (symbol != 0 && named->st_shndx == SHN_UNDEF &&
                strcmp(dynamic.names + named->st_name, ALLOCATES) == 0)
                return 1;
        }
    return 0;
}

bool allocator_is_called_directly(void)
{
    return !real.is_glibc && real.dl_iterate_phdr && real.dl_iterate_phdr(look_into, NULL) != 0;
}
