/*
 * Reads with libelf, which checks offsets against the file; sizes and counts that it hands over are
 * checked here. The file may be anything that somebody made executable.
 */
#include "elf_facts.h"

#include <stdio.h>
#include <string.h>

#include <gelf.h>

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "hashtrack knows no ELF machine number for this processor"
#endif

/* The note by which Go's linker marks its output (cmd/link, data.go: ELF_NOTE_GO, type 4). */
#define GO_BUILD_ID_NOTE 4
#define MAX_NOTE_BYTES   65536

/* Each of these in the executable itself means that its allocations never leave it. The prefixed
 * ones are what Rust's jemallocator, and programs that link an allocator statically, contain. */
static const char *const own_allocators[] = {
    "_rjem_malloc", "je_malloc", "jemalloc_malloc", "mi_malloc",
    "tc_malloc",    "rpmalloc",  "sn_malloc",
};

static void read_loader(Elf *elf, const GElf_Phdr *header, struct elf_facts *facts)
{
    facts->dynamic = true;
    if (header->p_filesz == 0 || header->p_filesz >= sizeof(facts->loader))
        return;
    Elf_Data *data =
        elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz, ELF_T_BYTE);
    if (data != NULL)
        memcpy(facts->loader, data->d_buf, data->d_size);
}

static bool has_go_note(Elf *elf, const GElf_Phdr *header)
{
    if (header->p_filesz > MAX_NOTE_BYTES)
        return false;
    Elf_Data *data =
        elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz, ELF_T_NHDR);
    GElf_Nhdr note;
    size_t name, contents, next = 0;
    while (data != NULL && (next = gelf_getnote(data, next, &note, &name, &contents)) > 0) {
        if (note.n_type == GO_BUILD_ID_NOTE && note.n_namesz == 4 &&
            memcmp((const char *)data->d_buf + name, "Go\0", 4) == 0)
            return true;
    }
    return false;
}

static void read_segments(Elf *elf, struct elf_facts *facts)
{
    size_t count;
    if (elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count && i <= INT_MAX; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) == NULL)
            return;
        if (header.p_type == PT_INTERP)
            read_loader(elf, &header, facts);
        else if (header.p_type == PT_NOTE && has_go_note(elf, &header))
            facts->go = true;
    }
}

struct malloc_symbols {
    bool exported; /* in .dynsym: found before any preloaded one */
    bool wanted;   /* in .dynsym, undefined: comes from a library */
    bool inside;   /* in .symtab, global: bound when the program was linked */
};

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                         struct malloc_symbols *mallocs, struct elf_facts *facts)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = header->sh_entsize != 0 ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; data != NULL && i < count && i <= INT_MAX; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) == NULL)
            return;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        int type = GELF_ST_TYPE(symbol.st_info);
        if (name == NULL || (type != STT_FUNC && type != STT_NOTYPE && type != STT_GNU_IFUNC))
            continue;
        bool defined = symbol.st_shndx != SHN_UNDEF && type != STT_NOTYPE;
        if (strcmp(name, "malloc") == 0) {
            if (header->sh_type == SHT_DYNSYM) {
                mallocs->exported |= defined;
                mallocs->wanted |= !defined;
            } else {
                mallocs->inside |= defined;
            }
        }
        for (size_t k = 0; defined && k < sizeof(own_allocators) / sizeof(own_allocators[0]); k++) {
            if (strcmp(name, own_allocators[k]) == 0)
                facts->allocator = own_allocators[k];
        }
    }
}

/* gcc's names, and clang's with -shared-libsan. The one for undefined behaviour leaves malloc
 * alone.
 */
static const char *const sanitizers[] = {
    "libasan.so", "libhwasan.so",     "liblsan.so",
    "libtsan.so", "libclang_rt.asan", "libclang_rt.hwasan",
};

static void read_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                         struct elf_facts *facts)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = header->sh_entsize != 0 ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; data != NULL && i < count && i <= INT_MAX; i++) {
        GElf_Dyn entry;
        if (gelf_getdyn(data, (int)i, &entry) == NULL)
            return;
        const char *name = entry.d_tag == DT_NEEDED
                               ? elf_strptr(elf, header->sh_link, (size_t)entry.d_un.d_val)
                               : NULL;
        for (size_t k = 0; name != NULL && k < sizeof(sanitizers) / sizeof(sanitizers[0]); k++)
            if (strncmp(name, sanitizers[k], strlen(sanitizers[k])) == 0)
                snprintf(facts->sanitizer, sizeof(facts->sanitizer), "%s", name);
    }
}

static void read_sections(Elf *elf, struct elf_facts *facts)
{
    size_t names;
    struct malloc_symbols mallocs = {false, false, false};
    if (elf_getshdrstrndx(elf, &names) != 0)
        return; /* stripped of its sections: nothing more is known */
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL)
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (name != NULL && strcmp(name, ".go.buildinfo") == 0)
            facts->go = true;
        if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
            read_symbols(elf, section, &header, &mallocs, facts);
        if (header.sh_type == SHT_DYNAMIC)
            read_dynamic(elf, section, &header, facts);
    }
    if (facts->allocator == NULL && (mallocs.exported || (mallocs.inside && !mallocs.wanted)))
        facts->allocator = "malloc";
}

bool elf_facts_read(int file, struct elf_facts *facts, const char **why)
{
    memset(facts, 0, sizeof(*facts));
    elf_version(EV_CURRENT);
    /* Not mapped: a file that somebody truncates meanwhile would kill us with SIGBUS. */
    Elf *elf = elf_begin(file, ELF_C_READ, NULL);
    GElf_Ehdr header;
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL) {
        *why = elf != NULL && elf_kind(elf) != ELF_K_ELF
                   ? "it is neither an ELF program nor a script that begins with #!"
                   : "its ELF header is damaged";
        elf_end(elf);
        return false;
    }
    facts->bits = gelf_getclass(elf) == ELFCLASS64 ? 64 : 32;
    facts->same_machine = facts->bits == (int)sizeof(void *) * 8 &&
                          header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_machine == OUR_MACHINE;
    facts->executable = header.e_type == ET_EXEC || header.e_type == ET_DYN;
    if (facts->same_machine) {
        read_segments(elf, facts);
        read_sections(elf, facts);
    }
    elf_end(elf);
    return true;
}
