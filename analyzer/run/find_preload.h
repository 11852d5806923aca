/*
 * Where libhashtrack.so is.
 */
#ifndef HASHTRACK_FIND_PRELOAD_H
#define HASHTRACK_FIND_PRELOAD_H

#include <limits.h>
#include <stdbool.h>

#include "error.h"

/* Writes the absolute path of the library into `path` (PATH_MAX bytes): `given` when not NULL, else
 * the one of HASHTRACK_PRELOAD, of the build tree this command is in, of the installation. */
bool find_preload(const char *given, char *path, struct error *error);

/* Writes into `name` (PATH_MAX bytes) what is to stand for `path` in LD_PRELOAD: that path, or,
 * where this system can start 32-bit programs, one that leads theirs to an empty library. What the
 * user named, here or by HASHTRACK_PRELOAD, is taken as it is. */
void preload_name(const char *given, const char *path, char *name);

#endif
