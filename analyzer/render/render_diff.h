/* The changes between two dumps, as text or JSON. */
#ifndef HASHTRACK_RENDER_DIFF_H
#define HASHTRACK_RENDER_DIFF_H

#include <stdio.h>

#include "diff.h"
#include "report.h"

struct diff_options {
    struct report_options report; /* json, min_saving, no_symbols and debuginfod */
    uint64_t min_change;          /* smaller changes are only counted */
};

bool render_diff(const struct diff *diff, const struct findings *before,
                 const struct findings *after, const struct diff_options *options, FILE *out,
                 struct error *error);

#endif
