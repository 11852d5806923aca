/* The Markdown that GitHub shows on the page of a job. */
#ifndef HASHTRACK_GITHUB_SUMMARY_H
#define HASHTRACK_GITHUB_SUMMARY_H

#include "check_output.h"
#include "error.h"
#include "source_path.h"

/* Appends the gate to the file at `path`, as far as GitHub takes it: 1 MiB in all. Writes nothing
 * and sets *full where not even the beginning fits behind what others have written. */
bool github_summary(const char *path, const struct check_rendering *rendering,
                    struct source_root *root, bool *full, struct error *error);

#endif
