/*
 * The .hashtrack file of a project: an INI file (libinih) whose section [check] has the long
 * options of `check` as keys. The first one found upward from the working directory counts.
 */
#ifndef HASHTRACK_CHECK_CONFIG_H
#define HASHTRACK_CHECK_CONFIG_H

#include <stdbool.h>

#include "check_options.h"

#define CONFIG_NAME       ".hashtrack"
#define CONFIG_LINE_BYTES 190u /* longer lines are refused: inih may cut at 200 */

/* Reads the file that options->config names, or the one that is found, if any; the command line's
 * settings stay. An error names file and line (STATUS_USAGE). */
bool check_config_read(struct check_options *options, struct error *error);

/* The same for a text; `path` is what messages call it. */
bool check_config_parse(struct check_options *options, const char *path, const char *text,
                        size_t bytes, struct error *error);

#endif
