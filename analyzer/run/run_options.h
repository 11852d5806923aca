/*
 * The command line of `hashtrack run`.
 */
#ifndef HASHTRACK_RUN_OPTIONS_H
#define HASHTRACK_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "check_options.h"
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
    bool check;            /* hold what is found against limits instead of reporting it */
    bool keep_dumps;       /* of a check that found nothing, too */
    bool php_malloc;       /* PHP is to leave its own allocator */
    const char *output;    /* file for the report, NULL for stderr (text) or stdout (JSON) */
    unsigned interval_ms;  /* between looks at the program; 0 for none */
    bool has_interval;     /* --interval was given */
    const char *preload;   /* NULL: find it */
    const char *directory; /* NULL: HASHTRACK_DIR or the working directory */
    struct report_options report;
    struct check_options gate; /* of --check */
    const char *first_of_gate; /* the name of the first option that is only the gate's */
    struct tracker_setting settings[MAX_TRACKER_SETTINGS];
    size_t setting_count;
    char **program; /* and its arguments, NULL-terminated */
};

/* To be freed in any case. False with *error when a value makes no sense; *error's text is empty
 * when getopt has printed what is wrong itself. */
bool run_options_parse(int argc, char **argv, struct run_options *options, struct error *error);

void run_options_free(struct run_options *options);

/* The help text, on stdout. */
void run_options_help(void);

#endif
