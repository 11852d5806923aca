/*
 * Modules that the program has unloaded, for the call stacks that were read before (trap 46).
 *
 * A call stack is kept as addresses, and a snapshot finds the modules where they are then. Code
 * that was unloaded by dlclose is nowhere any more, or another module lies in its place, whose
 * names would be wrong ones. So what dlclose takes away is remembered, together with the number of
 * call stacks known at that moment: in a stack with a lower number the addresses are the unloaded
 * module's.
 */
#ifndef HASHTRACK_UNLOADED_H
#define HASHTRACK_UNLOADED_H

#include "buffer.h"
#include "dump_format.h"
#include "registry.h"

struct loaded_modules {
    struct buffer modules; /* struct dump_module */
    struct buffer strings;
};

/* What is loaded now. False when it could not be read: then *out is empty. */
bool loaded_modules_read(struct loaded_modules *out);

void loaded_modules_free(struct loaded_modules *loaded);

static inline size_t loaded_modules_count(const struct loaded_modules *loaded)
{
    return loaded->modules.used / sizeof(struct dump_module);
}

static inline const struct dump_module *loaded_modules_at(const struct loaded_modules *loaded,
                                                          size_t index)
{
    return (const struct dump_module *)(const void *)loaded->modules.memory + index;
}

/* Remembers a module of `before` that is not loaded any more, if a call stack leads through it. */
void unloaded_note(struct registry *registry, const struct loaded_modules *before,
                   const struct dump_module *module);

/* The module that held the address when the call stack `site` was read and that was unloaded since;
 * 0 when there is none. */
uint32_t unloaded_find(const struct registry *registry, uint32_t site, uint64_t address);

#endif
