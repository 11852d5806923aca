/*
 * The symbols of one module: its file, verified to be the one that ran, with its debug information
 * wherever the system keeps it (in the file, by build-id under /usr/lib/debug, by .gnu_debuglink).
 */
#ifndef HASHTRACK_MODULE_SYMBOLS_H
#define HASHTRACK_MODULE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_symbols;
struct tail_side;

/* One function at an address: the innermost inlined one first, the one that has the code last. */
struct source_position {
    char *function; /* malloc'ed, NULL when unknown */
    char *file;     /* malloc'ed, NULL when unknown */
    int line;
    bool inlined;
};

/* Opens the file at `path` if it is the one with that build-id (hexadecimal; "" for a module
 * without one, which must then be older than `not_after_ns` since the epoch). NULL otherwise, with
 * a sentence (malloc'ed) in *why. */
struct module_symbols *module_symbols_open(const char *path, const char *build_id,
                                           uint64_t not_after_ns, char **why);

/* What is known of the instruction at `address` (ELF virtual address). The array is malloc'ed, its
 * strings too; 0 when nothing is known. */
size_t module_symbols_find(struct module_symbols *module, uint64_t address,
                           struct source_position **positions);

/* Its functions and its code, for what tail calls took off a stack (tail_calls.h). */
const struct tail_side *module_symbols_tail_side(const struct module_symbols *module);

/* Its variables: variables.h. NULL when memory ran out. */
struct variables *module_symbols_variables(struct module_symbols *module);

void source_positions_free(struct source_position *positions, size_t count);
void module_symbols_close(struct module_symbols *module);

#endif
