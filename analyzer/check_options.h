/*
 * What the gate is asked to do. Every setting has one line in check_option_list.h, whether it comes
 * from the command line of `check`, from that of `run --check`, or from a .hashtrack file.
 */
#ifndef HASHTRACK_CHECK_OPTIONS_H
#define HASHTRACK_CHECK_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check_output.h"
#include "error.h"
#include "terminal.h"

#define DEFAULT_BASELINE_NAME "hashtrack.baseline.json"
/* By how many percent a finding of the baseline may grow before it is worsened. */
#define DEFAULT_FAIL_ON_INCREASE 10.0

/* Where a setting was made, for messages: "--max-hollow" or "/src/.hashtrack:3". */
struct setting_source {
    char *text; /* NULL: not made, the default stands */
};

struct bytes_limit {
    uint64_t bytes;
    struct setting_source from; /* text NULL: there is no such limit */
};

struct number_setting {
    double value;
    struct setting_source from;
};

/* A path as the program opens it: relative ones of a .hashtrack file are made absolute. */
struct path_setting {
    char *path;
    struct setting_source from;
};

struct check_options {
    bool help;

    struct bytes_limit max_hollow;   /* of the sum */
    struct bytes_limit max_per_site; /* of each finding */
    struct bytes_limit min_saving;   /* a table below it is no finding; text NULL: the default */
    struct number_setting min_fill;  /* 0 to 1, instead of the family's own limit */
    struct number_setting fail_on_increase; /* percent */
    struct number_setting error_exitcode;   /* instead of STATUS_FINDINGS */

    struct path_setting baseline; /* path NULL: none */
    struct path_setting *suppressions;
    size_t suppression_count;
    struct path_setting source_root; /* path NULL: source_path.h finds it */

    char *config;       /* --config FILE */
    bool no_config;     /* --no-config */
    char *config_found; /* the file that was read; NULL when none was */

    bool update_baseline;
    bool prune_baseline;
    bool strict_baseline;
    char *accept; /* fingerprint, or the beginning of one; NULL */
    char *reason;
    char *expires; /* "YYYY-MM-DD"; NULL for never */

    bool gen_suppressions;
    bool no_symbols;
    bool debuginfod;
    enum color_choice color;
    struct check_outputs outputs;

    /* Words for a shell that show the same findings again: "hashtrack run --check -- ./server";
     * NULL where nobody knows them (a dump holds no arguments). */
    char *reproduce;
};

/* The exit status of a gate that failed: STATUS_FINDINGS or what --error-exitcode says. */
int check_failure_status(const struct check_options *options);

/* Reads the options of `check` from a command line; what follows them begins at *first_dump. False
 * with *error; its text is empty when getopt has printed what is wrong itself. */
bool check_options_parse(int argc, char **argv, struct check_options *options, int *first_dump,
                         struct error *error);

/* Takes what the command line left open from the .hashtrack file, if there is one. */
bool check_options_complete(struct check_options *options, struct error *error);

void check_options_free(struct check_options *options);

#endif
