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

/* The dumps are of two builds; all zero when they are not. */
struct diff_builds {
    const char *module;                   /* one that was rebuilt */
    size_t unknown_before, unknown_after; /* tables that no function is known of */
};

/* What is compared, and the symbols of each dump. */
struct diff_sides {
    const struct findings *before, *after;
    struct symbolizer *before_symbols, *after_symbols;
    struct diff_builds builds;
};

bool render_diff(const struct diff *diff, const struct diff_sides *sides,
                 const struct diff_options *options, FILE *out, struct error *error);

#endif
