/*
 * Two builds of one program: the addresses in the ids of their tables are of different code. What
 * can be compared are the functions that the tables grew in, as a baseline knows them.
 */
#ifndef HASHTRACK_REBUILT_H
#define HASHTRACK_REBUILT_H

#include "findings.h"

struct symbolizer;

/* Whether a module of the same name has another build-id in the other dump: its name, or NULL. */
const char *rebuilt_module(const struct dump *before, const struct dump *after);

/* Makes the ids of the tables of functions instead of addresses, those of one place numbered in the
 * order in which they came. A table of which no function is known keeps its id; *unknown is how
 * many of those that were kept there are. */
bool rebuilt_ids(struct findings *findings, struct symbolizer *symbolizer, size_t *unknown,
                 struct error *error);

#endif
