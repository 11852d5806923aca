/* The .hashtrack file of a project: see check_config.h. */
#include "check_config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody writes so much by hand. */
#define MAX_CONFIG_BYTES ((size_t)1 << 20)

struct parsing {
    struct check_options *options;
    const char *path;
    const char *rest; /* of the text */
    const char *end;
    unsigned line;       /* the one that inih has asked for last */
    unsigned *lines_set; /* by option: where it was set; 0 nowhere yet */
    bool failed;
    struct error *error;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct parsing *parsing,
                                                         const char *format, ...)
{
    char what[512];
    va_list values;
    if (parsing->failed)
        return; /* inih reads on to the end; the first error is the one to repair */
    va_start(values, format);
    vsnprintf(what, sizeof(what), format, values);
    va_end(values);
    parsing->failed = true;
    error_set(parsing->error, STATUS_USAGE, "%s:%u: %s", parsing->path, parsing->line, what);
}

/* Gives inih one line, as fgets() would. */
static char *next_line(char *out, int room, void *context)
{
    struct parsing *parsing = context;
    if (parsing->rest == parsing->end || parsing->failed)
        return NULL;
    const char *newline = memchr(parsing->rest, '\n', (size_t)(parsing->end - parsing->rest));
    size_t length = (size_t)((newline ? newline + 1 : parsing->end) - parsing->rest);
    parsing->line++;
    if (length > CONFIG_LINE_BYTES || length >= (size_t)room) {
        refuse(parsing, "the line is longer than %u bytes", CONFIG_LINE_BYTES);
        return NULL;
    }
    if (memchr(parsing->rest, '\0', length)) {
        refuse(parsing, "a zero byte: this is no text");
        return NULL;
    }
    memcpy(out, parsing->rest, length);
    out[length] = '\0';
    parsing->rest += length;
    return out;
}

/* The option whose name is nearest, for a hint; NULL when none is near. One letter more, less or
 * other, at any place. */
static const char *near_name(const char *name)
{
    const struct check_option *option;
    for (size_t i = 0; (option = check_option_at(i)); i++) {
        size_t same = 0, ours = strlen(option->name), theirs = strlen(name);
        while (name[same] && name[same] == option->name[same])
            same++;
        for (size_t skip = 0; skip < 3; skip++) {
            size_t us = same + (skip != 1), them = same + (skip != 0);
            if (us <= ours && them <= theirs && strcmp(option->name + us, name + them) == 0)
                return option->name;
        }
    }
    return NULL;
}

static int take(void *context, const char *section, const char *name, const char *value)
{
    struct parsing *parsing = context;
    const struct check_option *option = check_option_named(name);
    struct error error;
    if (parsing->failed)
        return 0;
    if (strcmp(section, "check") != 0 && *section != '\0')
        refuse(parsing, "no section is called [%.100s]; there is [check]", section);
    else if (*section == '\0')
        refuse(parsing, "'%.100s' stands before the line [check]", name);
    else if (!option && near_name(name))
        refuse(parsing, "there is no key '%.100s'; is '%s' meant?", name, near_name(name));
    else if (!option)
        refuse(parsing, "there is no key '%.100s'; hashtrack check --help has them", name);
    else if (!option->in_file)
        refuse(parsing, "'%s' is for the command line only", name);
    else {
        unsigned *set = &parsing->lines_set[option - check_option_at(0)];
        if (*set && !check_option_repeats(option))
            refuse(parsing, "'%s' stands in line %u already", name, *set);
        else if (!check_option_set_from_file(parsing->options, option, value, parsing->path,
                                             parsing->line, &error)) {
            parsing->failed = true;
            *parsing->error = error;
        }
        *set = parsing->line;
    }
    return !parsing->failed;
}

bool check_config_parse(struct check_options *options, const char *path, const char *text,
                        size_t bytes, struct error *error)
{
    size_t count = 0;
    while (check_option_at(count))
        count++;
    struct parsing parsing = {
        .options = options,
        .path = path,
        .rest = text,
        .end = text + bytes,
        .lines_set = calloc(count, sizeof(*parsing.lines_set)),
        .error = error,
    };
    if (!parsing.lines_set)
        return error_no_memory(error, path);
    int bad_line = ini_parse_stream(next_line, &parsing, take, &parsing);
    free(parsing.lines_set);
    /* A line that is nothing at all comes before what it makes wrong: a key without its section. */
    if (bad_line > 0 && (!parsing.failed || (unsigned)bad_line < parsing.line)) {
        parsing.failed = false;
        parsing.line = (unsigned)bad_line;
        refuse(&parsing, "neither a [section] nor 'key = value'");
    } else if (!parsing.failed && bad_line < 0) {
        parsing.failed = true;
        error_no_memory(error, path);
    }
    return !parsing.failed;
}

/* The whole file in malloc'ed memory; NULL with *why. */
static char *read_config(const char *path, size_t *bytes, const char **why)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(MAX_CONFIG_BYTES) : NULL;
    struct stat status;
    *why = NULL;
    *bytes = 0;
    if (!text)
        *why = strerror(errno);
    else if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode))
        *why = strerror(EISDIR);
    else {
        *bytes = fread(text, 1, MAX_CONFIG_BYTES, file);
        if (ferror(file))
            *why = strerror(errno);
        else if (*bytes == MAX_CONFIG_BYTES)
            *why = "too large for a file of settings";
    }
    if (file)
        fclose(file);
    if (*why) {
        free(text);
        text = NULL;
    }
    return text;
}

/* The first .hashtrack file from the working directory upward; NULL when there is none, or when the
 * working directory is gone. */
static char *find_config(void)
{
    char *folder = getcwd(NULL, 0), *path = NULL;
    while (folder) {
        struct stat status;
        char *slash = strrchr(folder, '/');
        if (asprintf(&path, "%s/%s", slash && slash[1] == '\0' ? "" : folder, CONFIG_NAME) < 0)
            path = NULL;
        /* A directory of that name may be anybody's; what cannot be read is an error later. */
        if (path && stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
            break;
        free(path);
        path = NULL;
        if (!slash || slash[1] == '\0')
            break;
        slash[slash == folder] = '\0';
    }
    free(folder);
    return path;
}

bool check_config_read(struct check_options *options, struct error *error)
{
    options->config_found = options->config ? strdup(options->config) : find_config();
    if (!options->config_found)
        return !options->config || error_no_memory(error, NULL);
    size_t bytes;
    const char *why;
    char *text = read_config(options->config_found, &bytes, &why);
    if (!text)
        return error_set(error, STATUS_USAGE, "%s: %s", options->config_found, why);
    bool read = check_config_parse(options, options->config_found, text, bytes, error);
    free(text);
    return read;
}
