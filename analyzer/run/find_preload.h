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

#endif
