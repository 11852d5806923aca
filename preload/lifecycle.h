/*
 * Beginning and ends: start-up, fork, and every way in which a process stops.
 */
#ifndef HASHTRACK_LIFECYCLE_H
#define HASHTRACK_LIFECYCLE_H

#include <stdbool.h>

#include "dump_format.h"

/* Takes the snapshot of a process that is about to end, once: the first announcement wins, for the
 * destructors that follow free the tables (trap 41). Preserves errno. */
void lifecycle_ending(enum dump_reason reason);

/* Takes a snapshot in between. 0 or -1; preserves errno. */
int lifecycle_snapshot(enum dump_reason reason, const char *label);

/* Whether the tracker may open files and read memory now: it runs, and no sandbox forbids it. */
bool lifecycle_may_look(void);

/* The program enters a seccomp sandbox: reading and writing files may now kill it (trap 44). Takes
 * a last snapshot and makes no unusual system call from here on. */
void lifecycle_sandboxed(void);

#endif
