/* The processes of a run that no dump is of. */
#ifndef HASHTRACK_UNSEEN_H
#define HASHTRACK_UNSEEN_H

#include "run_dumps.h"

/* To be called when the program of a run has ended. What still runs gets a moment to end, and is
 * else looked at from outside, as it stands. In place of every other process that has left no dump
 * a dump is written that says so; of the program itself none is, for its end is known. Says on
 * standard error what still runs. False when not even that could be found out or written. */
bool unseen_note(const char *directory, const struct run_identity *run, struct error *error);

/* For a run whose dumps nobody checks: says on standard error which processes have left none, and
 * which go on. */
void unseen_tell(const char *directory, const struct run_identity *run);

#endif
