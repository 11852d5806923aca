/* From dump files to a report: what `hashtrack report` does, and `hashtrack run` at its end. */
#ifndef HASHTRACK_REPORT_H
#define HASHTRACK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All zero is what `hashtrack report DUMP` does. */
struct report_options {
    bool json;
    bool all;        /* every table, not only findings */
    bool all_frames; /* whole stacks, container internals included */
    bool no_symbols;
    bool debuginfod;
    int color;           /* enum color_choice */
    uint64_t min_saving; /* 0: design's default, 1 MiB or 1 % of the tracked bytes */
    unsigned explain;    /* number of the finding to explain; 0 none */
};

/* Writes the reports of the dumps (a directory stands for all *.htd in it) to `out`: text, or JSON,
 * one pretty object for one dump and an object a line for several. Prints errors on stderr; returns
 * the exit status: 0, STATUS_USAGE, STATUS_BAD_DUMP, STATUS_UNTRACKABLE. */
int report_dumps(const char **paths, size_t count, const struct report_options *options, FILE *out);

#endif
