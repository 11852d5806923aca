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

/* `from` says where a setting was made, for messages: "--max-hollow", "/src/.hashtrack:3:
 * max-hollow"; NULL where nobody made it. */
struct bytes_limit {
    uint64_t bytes;
    char *from;
};

struct number_setting {
    double value;
    char *from;
};

/* A path as the program opens it: relative ones of a .hashtrack file are made absolute. */
struct path_setting {
    char *path;
    char *from;
};

struct path_settings {
    struct path_setting *list;
    size_t count;
};

struct text_settings {
    char **list;
    size_t count;
};

struct check_options {
    struct bytes_limit max_hollow;          /* of the sum */
    struct bytes_limit max_per_site;        /* of each finding */
    struct bytes_limit min_saving;          /* a table below it is no finding */
    struct number_setting min_fill;         /* 0 to 1, instead of the family's own limit */
    struct number_setting fail_on_increase; /* percent */
    struct number_setting error_exitcode;   /* instead of STATUS_FINDINGS */
    struct number_setting jobs;

    struct path_setting baseline; /* path NULL: none */
    struct path_settings suppressions;
    struct text_settings allow_missing; /* programs whose processes may leave no dump */
    struct path_setting source_root;    /* path NULL: source_path.h finds it */

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
    bool is_part_of_suite; /* `run --check`: the baseline may be of other programs as well */
    bool removes_dumps;    /* of those that were checked, the ones in which nothing is wrong */
    bool quiet;            /* no text on a terminal while all is well: `run --check --quiet` */
    bool no_symbols;
    bool debuginfod;
    enum color_choice color;
    struct check_outputs outputs;

    /* Words for a shell that show the same findings again: "hashtrack run --check -- ./server";
     * NULL where nobody knows them (a dump holds no arguments). */
    char *reproduce;
};

/* One option of the table. */
struct check_option {
    const char *name;
    const char *argument; /* the word for it in --help; NULL when it takes none */
    bool in_file;         /* may stand in a .hashtrack file */
    const char *help;     /* lines */
};

/* The table; NULL behind its end. */
const struct check_option *check_option_at(size_t index);
/* Whether it may be given several times, each time for one more. */
bool check_option_repeats(const struct check_option *option);
/* NULL when there is no option of that name. */
const struct check_option *check_option_named(const char *name);

/* Takes a value from the command line, NULL for a flag. */
bool check_option_set(struct check_options *options, const struct check_option *option,
                      const char *value, struct error *error);

/* Takes a value from line `line` of `file` unless the command line has set it. Relative paths start
 * at the file's folder. */
bool check_option_set_from_file(struct check_options *options, const struct check_option *option,
                                const char *value, const char *file, unsigned line,
                                struct error *error);

/* Looks at what was set together, and takes what the command line left open from the .hashtrack
 * file and from what is usual. To be called once, after the command line was read. */
bool check_options_complete(struct check_options *options, struct error *error);

/* The exit status of a gate that failed: STATUS_FINDINGS or what --error-exitcode says. */
int check_failure_status(const struct check_options *options);

/* The options' part of --help. */
void check_options_help(FILE *out);

void check_options_free(struct check_options *options);

#endif
