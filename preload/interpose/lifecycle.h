/*
 * Beginning and ends: start-up, fork, and every way in which a process stops.
 */
#ifndef HASHTRACK_LIFECYCLE_H
#define HASHTRACK_LIFECYCLE_H

#include <stdbool.h>

#include "dump_format.h"
#include "process_log.h"

/* Takes the snapshot of a process that is about to end, once: the first announcement wins, for the
 * destructors that follow free the tables (trap 41). Preserves errno. */
void lifecycle_ending(enum dump_reason reason);

/* Takes a snapshot in between. 0 or -1; preserves errno. */
int lifecycle_snapshot(enum dump_reason reason, const char *label);

/* The program enters a seccomp sandbox: reading and writing files may now kill it (trap 44). Takes
 * a last snapshot and makes no unusual system call from here on. Threads that are in the tracker
 * are waited for, which may be in the middle of one: this filter, or the next one, may hold for
 * all. */
void lifecycle_sandboxed(void);
bool lifecycle_is_sandboxed(void);

/* The program is about to fill memory itself when it is first read (userfaultfd): whoever reads it
 * waits until it does, perhaps for ever; and a page that was read is not empty any more, so there
 * is no snapshot either. */
void lifecycle_faults_handled(void);

/* This process, made by fork, is one of its own from here on. */
void lifecycle_begin_again(void);

/* Says in the list of a run's processes what this one is. */
void lifecycle_note_process(enum process_event event);

#endif
