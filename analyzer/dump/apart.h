/*
 * Work that may crash, in a process of its own. A dump names files, and the debugging information
 * in them may be anything; libdw and libelf check what they read, but nobody can vouch for them.
 * They also map the files: one that is cut off meanwhile is a SIGBUS.
 */
#ifndef HASHTRACK_APART_H
#define HASHTRACK_APART_H

#include <stdio.h>

/* Runs work(context), which writes to `out` and returns an exit status, and returns that status.
 * When it crashed, says so of `path` and returns STATUS_BAD_DUMP: what was written ends somewhere.
 * Where there is no second process to be had, it runs in this one. */
int run_apart(int (*work)(void *context), void *context, FILE *out, const char *path);

#endif
