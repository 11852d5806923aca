/*
 * From the path that DWARF has for a file to the path that a code host knows it by: relative to the
 * top of the sources. A path that cannot be told for sure is none: a wrong one would blame a line
 * that nobody wrote.
 */
#ifndef HASHTRACK_SOURCE_PATH_H
#define HASHTRACK_SOURCE_PATH_H

#include "error.h"

struct source_root;

/* `directory` NULL: the top of the git checkout that the working directory lies in, or else the
 * working directory. NULL with *error when there is no such directory. */
struct source_root *source_root_new(const char *directory, struct error *error);

/* Absolute, symbolic links followed, no slash at its end; "" for the root directory. */
const char *source_root_path(const struct source_root *root);

/* "src/cache.cc" for "/home/me/project/build/../src/cache.cc", symbolic links followed where the
 * file is there. NULL when the file is outside the sources or nobody can tell; `file` may be NULL.
 * Valid until the next call. */
const char *source_path(struct source_root *root, const char *file);

void source_root_free(struct source_root *root);

#endif
