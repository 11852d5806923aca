/*
 * Whether a dlclose may take code away that call stacks lead through: asked before each, for to
 * read all modules before and after it, for their names (unloaded.h), took up to 1.3 ms.
 */
#ifndef HASHTRACK_UNLOADABLE_H
#define HASHTRACK_UNLOADABLE_H

#include "registry.h"
#include "unloaded.h"

/* To be called when all modules are loaded that stay: those that the program starts with. */
void unloadable_start(void);

/* By a constructor that ran before ours: then those that stay are not the first ones. */
void unloadable_opened_early(void);

/* False only when no call stack leads through a module that could go. */
bool unloadable_in_stacks(struct registry *registry);

/* Remembers the modules of `before` that are gone (unloaded_note). */
void unloadable_note_gone(struct registry *registry, const struct loaded_modules *before);

/* How many modules were unloaded so far. */
uint64_t unloadable_gone(void);

#endif
