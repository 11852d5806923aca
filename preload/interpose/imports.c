/*
 * Reading and changing a module's imports: see imports.h.
 */
#include "imports.h"

#include <stddef.h>

#include "page.h"
#include "system.h"

/* What one module's dynamic section says. */
struct dynamic {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Rela) * relocations[2]; /* DT_RELA, DT_JMPREL */
    size_t counts[2];
    size_t relative_count; /* of the first section: these come first, and name no symbol */
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
        case DT_RELACOUNT:
            out->relative_count = entry->d_un.d_val;
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

static bool is_import(const struct dynamic *dynamic, const ElfW(Rela) * relocation)
{
    uint32_t type = ELF64_R_TYPE(relocation->r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT &&
        (type != R_X86_64_64 || relocation->r_addend != 0))
        return false;
    /* Else the module has a function of that name itself. */
    return dynamic->symbols[ELF64_R_SYM(relocation->r_info)].st_shndx == SHN_UNDEF;
}

static bool visit_section(const struct dl_phdr_info *module, const struct dynamic *dynamic,
                          unsigned section,
                          bool (*visit)(const struct import *import, void *context), void *context)
{
    bool succeeded = true;
    for (size_t i = section == 0 ? dynamic->relative_count : 0;
         dynamic->relocations[section] && i < dynamic->counts[section]; i++) {
        const ElfW(Rela) *relocation = &dynamic->relocations[section][i];
        if (!is_import(dynamic, relocation))
            continue;
        uintptr_t *pointer = (void *)(module->dlpi_addr + relocation->r_offset);
        const ElfW(Sym) *symbol = &dynamic->symbols[ELF64_R_SYM(relocation->r_info)];
        struct import import = {.module = module,
                                .name = dynamic->strings + symbol->st_name,
                                .pointer = pointer,
                                .is_function = ELF64_ST_TYPE(symbol->st_info) == STT_FUNC,
                                .target = __atomic_load_n(pointer, __ATOMIC_ACQUIRE)};
        succeeded = visit(&import, context) && succeeded;
    }
    return succeeded;
}

bool imports_visit(const struct dl_phdr_info *module,
                   bool (*visit)(const struct import *import, void *context), void *context)
{
    bool succeeded = true;
    struct dynamic dynamic;
    for (int i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        if (segment->p_type != PT_DYNAMIC ||
            !read_dynamic((const void *)(module->dlpi_addr + segment->p_vaddr), &dynamic))
            continue;
        for (unsigned section = 0; section < 2; section++)
            succeeded = visit_section(module, &dynamic, section, visit, context) && succeeded;
    }
    return succeeded;
}

static bool has_in(const struct dl_phdr_info *module, ElfW(Word) type, uintptr_t address)
{
    for (int i = 0; i < module->dlpi_phnum; i++) {
        uintptr_t start = module->dlpi_addr + module->dlpi_phdr[i].p_vaddr;
        if (module->dlpi_phdr[i].p_type == type && address >= start &&
            address < start + module->dlpi_phdr[i].p_memsz)
            return true;
    }
    return false;
}

bool module_holds(const struct dl_phdr_info *module, uintptr_t address)
{
    return has_in(module, PT_LOAD, address);
}

bool import_bind(const struct import *import, uintptr_t target)
{
    uintptr_t page = (uintptr_t)import->pointer & ~(uintptr_t)(PAGE_BYTES - 1);
    bool is_protected = has_in(import->module, PT_GNU_RELRO, (uintptr_t)import->pointer);
    if (is_protected && system_call(SYS_mprotect, page, PAGE_BYTES, PROT_READ | PROT_WRITE, 0) != 0)
        return false;
    __atomic_store_n(import->pointer, target, __ATOMIC_RELEASE);
    if (is_protected)
        system_call(SYS_mprotect, page, PAGE_BYTES, PROT_READ, 0);
    return true;
}
