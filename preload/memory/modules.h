/*
 * The modules of a process: where each is mapped and which build it is, for turning return
 * addresses into module and offset. Read from /proc/PID/maps and the ELF headers in memory, never
 * through dl_iterate_phdr, which takes the loader's lock (trap 29).
 */
#ifndef HASHTRACK_MODULES_H
#define HASHTRACK_MODULES_H

#include <elf.h>

#include "buffer.h"
#include "dump_format.h"
#include "reader.h"

/* Fills `modules` with struct dump_module, sorted by start, and adds their paths and build-ids to
 * `strings`, which begins with the empty string. `maps` is the process's (maps_read).
 * False when not all of it was to be had; modules may then be incomplete. */
bool modules_collect(const struct memory_reader *reader, const struct buffer *maps,
                     struct buffer *modules, struct buffer *strings);

/* The executable module that holds the address: its index, or DUMP_NONE. */
uint32_t modules_find(const struct buffer *modules, uint64_t address);

/* Whether the module of that path is a library that everything goes through, is allocated through
 * as well, and that has no table of the program's. */
bool modules_is_of_system(const char *path);

/* An ELF image in memory. */
#define MODULE_HEAD_BYTES 1024u
struct module_image {
    const struct memory_reader *reader;
    uint64_t base;     /* where its first bytes are mapped */
    uint64_t bias;     /* address in the process minus ELF virtual address */
    uint64_t segments; /* address of its program headers */
    uint32_t segment_count;
    bool has_bias, has_head;
    unsigned char head[MODULE_HEAD_BYTES];
};

/* False when no image has its first bytes at `base`. */
bool modules_open_image(struct module_image *image, const struct memory_reader *reader,
                        uint64_t base);

/* Calls visit for each program header of that type (PT_LOAD ...) until it returns false. */
void modules_segments(const struct module_image *image, uint32_t type,
                      bool (*visit)(void *context, const Elf64_Phdr *segment, uint64_t bias),
                      void *context);

#endif
