/* From dump files to a gate that is open or shut: what `hashtrack check` does, and `run --check`.
 */
#ifndef HASHTRACK_CHECK_H
#define HASHTRACK_CHECK_H

#include "check_options.h"

/* Checks the dumps (a directory stands for all *.htd in it), writes the outputs and, where asked
 * for, the baseline. Prints errors on stderr; returns the exit status: 0, that of findings,
 * STATUS_USAGE, STATUS_BAD_DUMP, STATUS_UNTRACKABLE. */
int check_dumps(const char **names, size_t count, const struct check_options *options);

/* Reads what the check will need beside dumps, the baseline and the suppressions, and says what is
 * wrong with it: before a test suite has run for an hour for nothing. */
bool check_can_be_made(const struct check_options *options, struct error *error);

/* Whether the options ask for a change of the baseline. */
bool check_writes_baseline(const struct check_options *options);

#endif
