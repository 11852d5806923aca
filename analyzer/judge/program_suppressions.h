/*
 * The suppressions that a program brings along: what its own __lsan_default_suppressions()
 * returned.
 */
#ifndef HASHTRACK_PROGRAM_SUPPRESSIONS_H
#define HASHTRACK_PROGRAM_SUPPRESSIONS_H

#include "dump_reader.h"
#include "symbols.h"

/* The lines (suppressions.h) that the dump has; NULL when it has none. They are about this program
 * alone: another program's dump wants a set of its own. */
const char *program_suppressions_text(const struct dump *dump);

/* A sentence (malloc'ed) about suppressions of the program that did not get into the dump: because
 * it does not export the function, or because the text is too long. NULL when there is nothing to
 * say. */
char *program_suppressions_note(struct symbolizer *symbolizer, const struct dump *dump);

#endif
