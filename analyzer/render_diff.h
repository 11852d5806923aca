/* The changes between two dumps, as text or JSON. */
#ifndef HASHTRACK_RENDER_DIFF_H
#define HASHTRACK_RENDER_DIFF_H

#include <stdio.h>

#include "diff.h"

struct diff_options {
    bool json;
    bool no_symbols;
    bool debuginfod;
    uint64_t min_change; /* smaller changes are only counted */
    uint64_t min_saving; /* 0: the default */
};

bool render_diff(const struct diff *diff, const struct findings *before,
                 const struct findings *after, const struct diff_options *options, FILE *out,
                 struct error *error);

#endif
