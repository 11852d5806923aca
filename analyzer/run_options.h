/*
 * The command line of `hashtrack run`.
 */
#ifndef HASHTRACK_RUN_OPTIONS_H
#define HASHTRACK_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"
#include "supervise.h"

/* HASHTRACK_* variables that `run` can set: one an option of options.h. */
#define MAX_TRACKER_SETTINGS 16
#define SETTING_BYTES        64

struct tracker_setting {
    char name[SETTING_BYTES];   /* "HASHTRACK_THRESHOLD" */
    char number[SETTING_BYTES]; /* holds the value where it is not a word of the command line */
    const char *value;
};

struct run_options {
    bool help;
    bool quiet;            /* no report */
    bool php_malloc;       /* PHP is to leave its own allocator */
    const char *output;    /* file for the report, NULL for stderr (text) or stdout (JSON) */
    unsigned interval_ms;  /* between looks at the program; 0 for none */
    const char *preload;   /* NULL: find it */
    const char *directory; /* NULL: HASHTRACK_DIR or the working directory */
    struct report_options report;
    struct tracker_setting settings[MAX_TRACKER_SETTINGS];
    size_t setting_count;
    char **program; /* and its arguments, NULL-terminated */
};

/* False with *error when a value makes no sense; *error's text is empty when getopt has printed
 * what is wrong itself. */
bool run_options_parse(int argc, char **argv, struct run_options *options, struct error *error);

/* The help text, on stdout. */
void run_options_help(void);

#endif
