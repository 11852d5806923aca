/* Where a finding is shown by those who show source files: GitHub, GitLab, SARIF viewers. */
#ifndef HASHTRACK_CHECK_PLACE_H
#define HASHTRACK_CHECK_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "gate.h"
#include "source_path.h"

struct check_place {
    char path[PATH_MAX]; /* relative to the sources */
    int line;
    bool caller; /* the finding's own line is outside the sources: this one called it */
};

/* False when no frame of the finding is in the sources. */
bool check_place(struct source_root *root, const struct gate_finding *finding,
                 struct check_place *place);

#endif
