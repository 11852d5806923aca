/* Where the outputs of the gate go: see check_output.h. */
#include "check_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic_file.h"
#include "check_options.h"
#include "gate.h"

static const struct check_output_kind kinds[] = {
#define CHECK_OUTPUT(name, help) {#name, render_check_##name, help},
#include "check_output_list.h"
#undef CHECK_OUTPUT
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static const struct check_output_kind *find_kind(const char *name, size_t length)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, name, length) == 0)
            return &kinds[i];
    return NULL;
}

/* "junit, sarif and tap" */
static void list_kinds(char *out, size_t out_bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < KIND_COUNT && used < out_bytes; i++)
        used += (size_t)snprintf(out + used, out_bytes - used, "%s%s",
                                 i == 0                ? ""
                                 : i + 1 == KIND_COUNT ? " and "
                                                       : ", ",
                                 kinds[i].name);
}

/* The stream that a path stands for, NULL for a file. Opened as files they would be replaced whole
 * where they lead to one: a log that the shell opened. */
static FILE *stream_of(const char *path)
{
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0 ||
        strcmp(path, "/dev/fd/1") == 0 || strcmp(path, "/proc/self/fd/1") == 0)
        return stdout;
    if (strcmp(path, "/dev/stderr") == 0 || strcmp(path, "/dev/fd/2") == 0 ||
        strcmp(path, "/proc/self/fd/2") == 0)
        return stderr;
    return NULL;
}

static FILE *stream_of_output(const struct check_outputs *outputs,
                              const struct check_output *output)
{
    if (output->path)
        return stream_of(output->path);
    return outputs->text_on_stderr && strcmp(output->kind->name, "text") == 0 ? stderr : stdout;
}

bool check_output_add(struct check_outputs *outputs, const char *argument, struct error *error)
{
    size_t length = strcspn(argument, "=");
    struct check_output output = {.kind = find_kind(argument, length)};
    if (!output.kind) {
        char known[256];
        list_kinds(known, sizeof(known));
        return error_set(error, STATUS_USAGE, "--format: there is no '%.*s', only %s", (int)length,
                         argument, known);
    }
    if (argument[length] == '=') {
        output.path = argument + length + 1;
        if (!*output.path)
            return error_set(error, STATUS_USAGE, "--format %s: a path must follow the '='",
                             argument);
    }
    if (outputs->count == CHECK_OUTPUTS_MAX)
        return error_set(error, STATUS_USAGE, "--format: more than %u outputs", CHECK_OUTPUTS_MAX);
    FILE *stream = stream_of_output(outputs, &output);
    for (size_t i = 0; i < outputs->count; i++) {
        const struct check_output *other = &outputs->list[i];
        if (stream && stream == stream_of_output(outputs, other))
            return error_set(
                error, STATUS_USAGE,
                "--format %s and --format %s would both go to %s; name a file for one: "
                "--format %s=PATH",
                other->kind->name, output.kind->name, stream == stdout ? "stdout" : "stderr",
                output.kind->name);
        if (output.path && other->path && strcmp(output.path, other->path) == 0)
            return error_set(error, STATUS_USAGE, "--format: two outputs into %s", output.path);
    }
    outputs->list[outputs->count++] = output;
    return true;
}

static bool render(const struct check_output_kind *kind, FILE *out, const char *path,
                   const struct gate *gate, const struct check_options *options,
                   struct error *error)
{
    struct check_rendering rendering = {
        .out = out,
        .gate = gate,
        .options = options,
        .terminal = terminal_of(out, options->color),
    };
    errno = 0;
    if (kind->render(&rendering, error))
        return true;
    if (ferror(out)) /* then that is why, whatever the renderer made of it */
        error_set(error, STATUS_USAGE, "cannot write %s: %s", path,
                  errno ? strerror(errno) : "writing failed");
    return false;
}

static bool write_stream(const struct check_output_kind *kind, FILE *out, const struct gate *gate,
                         const struct check_options *options, struct error *error)
{
    const char *name = out == stdout ? "standard output" : "standard error";
    if (!render(kind, out, name, gate, options, error))
        return false;
    return (fflush(out) == 0 && !ferror(out)) ||
           error_set(error, STATUS_USAGE, "cannot write %s: %s", name, strerror(errno));
}

static bool write_file(const struct check_output *output, const struct gate *gate,
                       const struct check_options *options, struct error *error)
{
    struct atomic_file file;
    if (!atomic_file_open(output->path, &file, error))
        return false;
    if (!render(output->kind, file.out, output->path, gate, options, error)) {
        atomic_file_discard(&file);
        return false;
    }
    return atomic_file_commit(&file, error);
}

bool check_outputs_write(const struct check_outputs *outputs, const struct gate *gate,
                         const struct check_options *options, struct error *error)
{
    static const struct check_output text = {.kind = &kinds[0]};
    const struct check_output *list = outputs->count ? outputs->list : &text;
    size_t count = outputs->count ? outputs->count : 1;
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct error failure = {0};
        FILE *stream = stream_of_output(outputs, &list[i]);
        bool written = stream ? write_stream(list[i].kind, stream, gate, options, &failure)
                              : write_file(&list[i], gate, options, &failure);
        if (!written && good)
            *error = failure;
        good &= written;
    }
    return good;
}

void check_outputs_help(FILE *out)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        fprintf(out, "    %-8s %s\n", kinds[i].name, kinds[i].help);
}
