/* The INFO record of a dump without the rest of it: for telling whose a file is. */
#ifndef HASHTRACK_DUMP_INFO_H
#define HASHTRACK_DUMP_INFO_H

#include <stdbool.h>

#include "dump_format.h"

/* Reads `name` in the directory that is open as `directory` (openat(2)). False when it cannot be
 * read or its header, its directory or this record is damaged; only dump_load() says what is wrong.
 * Strings of the record are offsets into a section that was not read. */
bool dump_info_read(int directory, const char *name, struct dump_info *info);

#endif
