/*
 * Modules that the program unloaded: a call stack in a plugin that was closed since can still be
 * told by module and offset.
 *
 * A stack is a list of bare addresses until a snapshot looks them up, by which time another module
 * may lie there (trap 46). So dlclose is interposed: what it unmaps, and what has stacks in it, is
 * written down with a number that counts the calls. A site remembers that number, too: of the
 * modules that lay at an address, it means the first that was unloaded after the site was new.
 */
#ifndef HASHTRACK_UNLOADED_MODULES_H
#define HASHTRACK_UNLOADED_MODULES_H

#include "buffer.h"
#include "dump_format.h"
#include "registry.h"

#define UNLOADED_PATH_BYTES     256u
#define UNLOADED_BUILD_ID_BYTES 72u

struct unloaded_module {
    uint64_t start, end, bias;
    uint32_t unload; /* registry.unloads when it was gone */
    char path[UNLOADED_PATH_BYTES];
    char build_id[UNLOADED_BUILD_ID_BYTES];
};

/* The modules before a dlclose; to be handed to unloaded_modules_note() after it. */
struct loaded_modules {
    struct buffer modules; /* struct dump_module */
    struct buffer strings;
};
void loaded_modules_collect(struct loaded_modules *loaded);

void loaded_modules_free(struct loaded_modules *loaded);

/* Writes down which of them are gone. */
void unloaded_modules_note(struct registry *registry, const struct loaded_modules *before);

/* The module that lay at `address` when the site was new, by its number in the registry's pool; 0
 * when that is still loaded or was never known. */
uint32_t unloaded_modules_find(const struct registry *registry, uint64_t address,
                               uint32_t site_unloads);

#endif
