/*
 * From the addresses of a dump to functions, files and lines.
 *
 * Only the sites that are asked for are looked up, from the files that the dump names; a file whose
 * build-id differs from the dump's is another program and is not used. Nothing is fetched from the
 * network unless debuginfod is asked for.
 */
#ifndef HASHTRACK_SYMBOLS_H
#define HASHTRACK_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dump;

struct symbol_frame {
    const char *function; /* demangled; NULL when unknown */
    const char *file;     /* NULL when unknown */
    int line;             /* 0 when unknown */
    const char *module;   /* path as in the dump, NULL for an address in no module */
    uint64_t offset;      /* return address: ELF virtual address, or absolute without a module */
    bool inlined;         /* into the next frame of the array */
    /* It left the stack by a tail call and was put back (tail_calls.h): line is that of the jump,
     * or where the function begins when it could be one of several. */
    bool tail_call;
    bool is_script; /* a line that an interpreter was executing; no address */
    bool internal;  /* of a container, an allocator or the start-up code: folded by default */
};

struct symbolizer_options {
    bool off;        /* modules and offsets only */
    bool debuginfod; /* missing debug information may be fetched from the servers in DEBUGINFOD_URLS
                      */
    bool progress;   /* say on a terminal's stderr which module is being read */
};

/* NULL when memory ran out. Without options->debuginfod it removes DEBUGINFOD_URLS from the
 * environment of this process: that is the switch elfutils obeys. */
struct symbolizer *symbolizer_new(const struct symbolizer_options *options);

/* All frames of a site, inlined ones expanded, innermost first. The array and its strings are owned
 * by the symbolizer and stay valid until symbolizer_free; a site is looked up once. */
size_t symbolizer_site(struct symbolizer *symbolizer, const struct dump *dump, uint32_t site,
                       const struct symbol_frame **frames);

/* The function whose frame is the one with that return address, not one inlined into it; NULL when
 * unknown. Owned by the symbolizer. */
const char *symbolizer_function(struct symbolizer *symbolizer, const struct dump *dump,
                                uint32_t module, uint64_t address);

/* Whether a module of the dump has a function of that name, exported or not, as far as its symbols
 * are there. */
bool symbolizer_has_function(struct symbolizer *symbolizer, const struct dump *dump,
                             uint32_t module, const char *name);

/* The variables of a module of the dump (variables.h); NULL when nothing is known of it. */
struct variables *symbolizer_variables(struct symbolizer *symbolizer, const struct dump *dump,
                                       uint32_t module);

/* To be called before a dump is unloaded while the symbolizer lives on: the next one may lie where
 * it lay and have the same INFO. What is known of modules and addresses stays. */
void symbolizer_forget_dump(struct symbolizer *symbolizer);

/* Sentences about modules that could not be used: missing, another build. For the report's end. */
size_t symbolizer_notes(const struct symbolizer *symbolizer, const char *const **notes);

void symbolizer_free(struct symbolizer *symbolizer);

#endif
