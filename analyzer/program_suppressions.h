/*
 * The suppressions that a program brings along: what its own __lsan_default_suppressions()
 * returned.
 */
#ifndef HASHTRACK_PROGRAM_SUPPRESSIONS_H
#define HASHTRACK_PROGRAM_SUPPRESSIONS_H

#include "dump_reader.h"
#include "suppressions.h"
#include "symbols.h"

/* Adds the lines that the dump has. They are about this program alone: another program's dump wants
 * a set of its own. An error names the program and the line (STATUS_USAGE). */
bool program_suppressions_add(struct suppressions *suppressions, const struct dump *dump,
                              struct error *error);

/* A sentence (malloc'ed) about suppressions of the program that did not get into the dump: because
 * it does not export the function, or because the text is too long. NULL when there is nothing to
 * say. */
char *program_suppressions_note(struct symbolizer *symbolizer, const struct dump *dump);

#endif
