/*
 * What an ELF file says about who will load it and where its memory comes from: everything that
 * decides whether LD_PRELOAD reaches it.
 */
#ifndef HASHTRACK_ELF_FACTS_H
#define HASHTRACK_ELF_FACTS_H

#include <limits.h>
#include <stdbool.h>

struct elf_facts {
    bool same_machine; /* class, byte order and machine are this program's */
    int bits;          /* 32 or 64 */
    bool executable;   /* ET_EXEC or ET_DYN */
    bool dynamic;      /* has an interpreter: the dynamic loader runs first */
    char loader[PATH_MAX];
    bool go;               /* linked by Go's linker */
    const char *allocator; /* a function by which it brings its own malloc, NULL when it does not */
    char sanitizer[64];    /* the sanitizer's library that it is linked with, or "" */
};

/* False when the file is not ELF or is damaged, with a clause in *why. */
bool elf_facts_read(int file, struct elf_facts *facts, const char **why);

#endif
