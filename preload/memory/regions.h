/*
 * What each writable place of a process is: a module's static data, a thread-local variable, a
 * stack, the heap. For saying who owns a table.
 */
#ifndef HASHTRACK_REGIONS_H
#define HASHTRACK_REGIONS_H

#include "buffer.h"
#include "reader.h"

enum region_kind {
    REGION_STATIC,       /* .data and .bss of a module */
    REGION_THREAD_LOCAL, /* the executable's thread-local variables, of one thread */
    REGION_STACK,
    REGION_HEAP,      /* glibc's main heap, which grows by brk */
    REGION_ANONYMOUS, /* any other memory without a file: heaps of threads, large blocks */
};

struct region {
    uint64_t start, end;
    enum region_kind kind;
    uint32_t module; /* static and thread-local: index among the modules */
    uint64_t base;   /* subtracted from an address it gives the offset that symbols have */
};

struct regions {
    struct buffer named;    /* struct region: static and thread-local */
    struct buffer mappings; /* struct region, sorted, the others */
};

/* `modules` and `strings` as modules_collect() fills them, from the same `maps`; `program`: path of
 * the executable; `thread_pointer`: of one thread, where it is known, for the others must be
 * searched for, unless it is the only one. False when the maps could not be read. */
bool regions_collect(struct regions *regions, const struct memory_reader *reader,
                     const struct buffer *maps, const struct buffer *modules,
                     const struct buffer *strings, const char *program, uint64_t thread_pointer,
                     bool is_only_thread);

/* NULL for a place that is none of those. */
const struct region *regions_find(const struct regions *regions, uint64_t address);

void regions_free(struct regions *regions);

#endif
