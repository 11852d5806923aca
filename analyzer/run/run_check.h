/* What `run --check` does when the program has ended. */
#ifndef HASHTRACK_RUN_CHECK_H
#define HASHTRACK_RUN_CHECK_H

#include "run_dumps.h"
#include "run_options.h"

/* Checks all dumps of a run. Those in which nothing is wrong are removed, unless somebody has said
 * where they are to be. `failed`: the program ended with a failure of its own, so that its dumps
 * are not what the baseline may be made of. Returns the gate's exit status. */
int run_check(const struct run_options *options, const struct run_dumps *dumps, bool failed);

#endif
