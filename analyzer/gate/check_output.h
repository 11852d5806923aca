/* Where the outputs of the gate go: --format NAME[=PATH], several at once. */
#ifndef HASHTRACK_CHECK_OUTPUT_H
#define HASHTRACK_CHECK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h"
#include "terminal.h"

struct check_options;
struct gate;

#define CHECK_OUTPUTS_MAX 16u

/* What an output needs: the gate, where to write, and how. One render_check_*.c an output. */
struct check_rendering {
    FILE *out;
    const struct gate *gate;
    const struct check_options *options;
    struct terminal terminal;
};

/* One kind of output; check_output_list.h lists them. */
struct check_output_kind {
    const char *name;
    bool (*render)(const struct check_rendering *rendering, struct error *error);
    const char *help;
};

#define CHECK_OUTPUT(name, help)                                                                   \
    bool render_check_##name(const struct check_rendering *rendering, struct error *error);
#include "check_output_list.h"
#undef CHECK_OUTPUT

struct check_output {
    const struct check_output_kind *kind;
    const char *path; /* NULL: a standard stream */
};

/* All zero: text, on stdout. */
struct check_outputs {
    struct check_output list[CHECK_OUTPUTS_MAX];
    size_t count;
    bool text_on_stderr; /* stdout is the program's that was run */
};

/* Takes one argument of --format, "sarif=out.sarif" or "text", which stays the caller's. Refuses a
 * name that is not listed, an empty path, a file named twice and two outputs on one stream. */
bool check_output_add(struct check_outputs *outputs, const char *argument, struct error *error);

/* Writes every output that was asked for; files whole or not at all (atomic_file.h). The first that
 * fails is in *error, the others are written all the same. */
bool check_outputs_write(const struct check_outputs *outputs, const struct gate *gate,
                         const struct check_options *options, struct error *error);

/* A line an output, for --help. */
void check_outputs_help(FILE *out);

#endif
