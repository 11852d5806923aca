/* The dumps that the user named: files, and directories for all *.htd in them. */
#ifndef HASHTRACK_DUMP_PATHS_H
#define HASHTRACK_DUMP_PATHS_H

#include <stddef.h>

#include "error.h"

struct dump_paths {
    char **paths;
    size_t count;
};

/* In the order given, a directory's files sorted by name. An empty directory is an error. */
bool dump_paths_find(const char **names, size_t count, struct dump_paths *found,
                     struct error *error);
void dump_paths_free(struct dump_paths *found);

#endif
