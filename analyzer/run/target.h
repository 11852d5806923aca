/*
 * Can the program that a user wants to run be tracked? Asked before it runs: a preloaded library
 * that the dynamic loader ignores, or that nobody calls, would find nothing and look like good
 * news.
 */
#ifndef HASHTRACK_TARGET_H
#define HASHTRACK_TARGET_H

#include <limits.h>
#include <stdbool.h>

#include "error.h"

struct target {
    char path[PATH_MAX];   /* what execve is given */
    char binary[PATH_MAX]; /* the ELF file that will run: `path`, or the interpreter of a script */
};

/* Resolves `program` as execvp does and looks at the file. False with STATUS_USAGE when it cannot
 * be run at all, with STATUS_UNTRACKABLE when it can be run but not tracked. */
bool target_check(const char *program, struct target *target, struct error *error);

#endif
