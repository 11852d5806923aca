/*
 * A file that is replaced whole or not at all: written beside the old one under another name,
 * synced and renamed. What is no regular file (/dev/stdout, a pipe) is written in place.
 */
#ifndef HASHTRACK_ATOMIC_FILE_H
#define HASHTRACK_ATOMIC_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct atomic_file {
    FILE *out;
    char *path;      /* as the user named it, for messages */
    char *target;    /* what is replaced: `path` with its symbolic links followed */
    char *temporary; /* NULL: written in place */
};

/* False with STATUS_USAGE and why the file cannot be written. */
bool atomic_file_open(const char *path, struct atomic_file *file, struct error *error);

/* Ends the file and puts it in its place. On failure the old one is as it was. */
bool atomic_file_commit(struct atomic_file *file, struct error *error);

/* Leaves the old one as it was. */
void atomic_file_discard(struct atomic_file *file);

#endif
