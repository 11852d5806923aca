/* Was a freed table kept as long as the program needed any memory at all? */
#ifndef HASHTRACK_FREED_AT_END_H
#define HASHTRACK_FREED_AT_END_H

#include <stdbool.h>
#include <stddef.h>

#include "dump_reader.h"

/* What a person is to know of such a finding: a fix that frees the table shortly before a test ends
 * looks the same as no fix. */
#define FREED_AT_END_WORDS                                                                         \
    "in the last 300 ms of the run (5 % of a long one), which counts as kept to the end; if a "    \
    "fix freed it there, let the test go on for longer than that"

/* The tables among which one that was freed at the end may have a successor: those that were still
 * there and are young enough, by birth. */
struct successors {
    const struct dump_table **tables;
    size_t count;
    uint64_t moment_ms; /* that a rebuilding may take; */
    uint64_t wait_ms;   /* where nothing was allocated meanwhile */
};

/* False when there is no memory. */
bool successors_find(const struct dump *dump, struct successors *successors);
void successors_free(struct successors *successors);

/* True for a table that was freed only because the program was ending: a local of main(), a dict
 * that Py_Finalize() takes apart. What it held, it held until the end. One that was freed because
 * its entries moved into a smaller table is none of these, as long as that table is in the dump;
 * nor is one of which nobody knows whether it was hollow yet when it was freed. */
bool freed_at_end(const struct dump *dump, const struct successors *successors,
                  const struct dump_table *table);

#endif
