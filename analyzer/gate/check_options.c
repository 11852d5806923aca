/* What the gate is asked to do: see check_options.h. */
#include "check_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_config.h"
#include "date.h"
#include "format.h"

enum option_kind {
    LIMIT,
    FILL,
    PERCENT,
    STATUS,
    JOBS,
    PATH,
    PATHS,
    TEXT,
    TEXTS,
    DATE,
    FORMAT,
    COLOR,
    FLAG,
};

#define CHECK_OPTION(name, kind, field, argument, in_file, help) {name, argument, in_file, help},
static const struct check_option options_list[] = {
#include "check_option_list.h"
};
#undef CHECK_OPTION

#define CHECK_OPTION(name, kind, field, argument, in_file, help)                                   \
    {kind, offsetof(struct check_options, field)},
static const struct option_value {
    enum option_kind kind;
    size_t field;
} option_values[] = {
#include "check_option_list.h"
};
#undef CHECK_OPTION

#define OPTION_COUNT (sizeof(options_list) / sizeof(options_list[0]))

const struct check_option *check_option_at(size_t index)
{
    return index < OPTION_COUNT ? &options_list[index] : NULL;
}

bool check_option_repeats(const struct check_option *option)
{
    enum option_kind kind = option_values[option - options_list].kind;
    return kind == PATHS || kind == TEXTS || kind == FORMAT;
}

const struct check_option *check_option_named(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(options_list[i].name, name) == 0)
            return &options_list[i];
    return NULL;
}

/* Where a value comes from. */
struct origin {
    const char *from;   /* begins every message about it */
    const char *folder; /* where relative paths start; NULL for the working directory */
    bool is_file;       /* what the command line has set stays */
};

static bool replace_text(char **field, const char *text, struct error *error)
{
    char *copy = strdup(text);
    if (!copy)
        return error_no_memory(error, NULL);
    free(*field);
    *field = copy;
    return true;
}

/* --- values --- */

static bool parse_decimal(const char *text, const char *may_follow, double minimum, double maximum,
                          double *out)
{
    char *end;
    if (!isdigit((unsigned char)text[0]) && text[0] != '.')
        return false;
    if (text[strspn(text, "0123456789.")] != '\0' &&
        strcmp(text + strspn(text, "0123456789."), may_follow) != 0)
        return false; /* strtod() knows hexadecimal numbers and exponents, people here do not */
    errno = 0;
    *out = strtod(text, &end);
    return errno == 0 && end != text && (*end == '\0' || strcmp(end, may_follow) == 0) &&
           *out >= minimum && *out <= maximum;
}

static bool parse_whole(const char *text, double minimum, double maximum, double *out)
{
    return text[strspn(text, "0123456789")] == '\0' &&
           parse_decimal(text, "", minimum, maximum, out);
}

static bool set_number(struct number_setting *number, enum option_kind kind, const char *value,
                       const struct origin *origin, struct error *error)
{
    static const struct {
        double minimum, maximum;
        const char *what;
    } bounds[] = {
        [FILL] = {0, 1, "a load, more than 0 and at most 1 (like 0.2)"},
        [PERCENT] = {0, 1e6, "a number of percent (like 5)"},
        [STATUS] = {0, 255, "an exit status from 0 to 255"},
        [JOBS] = {1, 64, "a number from 1 to 64"},
    };
    if (origin->is_file && number->from)
        return true;
    double minimum = bounds[kind].minimum, maximum = bounds[kind].maximum;
    bool good =
        kind == STATUS || kind == JOBS
            ? parse_whole(value, minimum, maximum, &number->value)
            : parse_decimal(value, kind == PERCENT ? "%" : "", minimum, maximum, &number->value);
    if (!good || (kind == FILL && number->value == 0))
        return error_set(error, STATUS_USAGE, "%s: '%s' is not %s", origin->from, value,
                         bounds[kind].what);
    return replace_text(&number->from, origin->from, error);
}

static bool set_limit(struct bytes_limit *limit, const char *value, const struct origin *origin,
                      struct error *error)
{
    if (origin->is_file && limit->from)
        return true;
    if (!parse_bytes(value, &limit->bytes))
        return error_set(error, STATUS_USAGE, "%s: '%s' is not a number of bytes (like 512K or 4M)",
                         origin->from, value);
    return replace_text(&limit->from, origin->from, error);
}

static bool set_path(struct path_setting *setting, const char *value, const struct origin *origin,
                     struct error *error)
{
    if (origin->is_file && setting->from)
        return true;
    if (*value == '\0')
        return error_set(error, STATUS_USAGE, "%s: the path is empty", origin->from);
    char *path = NULL;
    if (origin->folder && value[0] != '/' &&
        asprintf(&path, "%s%s%s", origin->folder, strcmp(origin->folder, "/") == 0 ? "" : "/",
                 value) < 0)
        return error_no_memory(error, NULL);
    bool set = replace_text(&setting->path, path ? path : value, error) &&
               replace_text(&setting->from, origin->from, error);
    free(path);
    return set;
}

static bool add_path(struct path_settings *settings, const char *value, const struct origin *origin,
                     struct error *error)
{
    struct path_setting *more =
        realloc(settings->list, (settings->count + 1) * sizeof(*settings->list));
    if (!more)
        return error_no_memory(error, NULL);
    settings->list = more;
    settings->list[settings->count] = (struct path_setting){0};
    return set_path(&settings->list[settings->count++], value, origin, error);
}

static bool set_text(char **field, const char *value, const struct origin *origin,
                     struct error *error)
{
    if (*value == '\0' || strpbrk(value, "\r\n"))
        return error_set(error, STATUS_USAGE, "%s: must be one line of text", origin->from);
    return replace_text(field, value, error);
}

static bool add_text(struct text_settings *settings, const char *value, const struct origin *origin,
                     struct error *error)
{
    char **more = realloc(settings->list, (settings->count + 1) * sizeof(*more));
    if (!more)
        return error_no_memory(error, NULL);
    settings->list = more;
    more[settings->count] = NULL;
    if (!set_text(&more[settings->count], value, origin, error))
        return false;
    settings->count++;
    return true;
}

static bool set_date(char **field, const char *value, const struct origin *origin,
                     struct error *error)
{
    if (!is_date(value))
        return error_set(error, STATUS_USAGE, "%s: '%s' is not a date (like 2026-12-31)",
                         origin->from, value);
    return replace_text(field, value, error);
}

static bool set_flag(bool *flag, const char *value, const struct origin *origin,
                     struct error *error)
{
    bool no = origin->is_file && strcmp(value, "no") == 0;
    if (origin->is_file && !no && strcmp(value, "yes") != 0)
        return error_set(error, STATUS_USAGE, "%s: '%s' is neither yes nor no", origin->from,
                         value);
    *flag = *flag || !no;
    return true;
}

static bool set_value(struct check_options *options, const struct check_option *option,
                      const char *value, const struct origin *origin, struct error *error)
{
    const struct option_value *how = &option_values[option - options_list];
    void *field = (char *)options + how->field;
    switch (how->kind) {
    case LIMIT:
        return set_limit(field, value, origin, error);
    case FILL:
    case PERCENT:
    case STATUS:
    case JOBS:
        return set_number(field, how->kind, value, origin, error);
    case PATH:
        return set_path(field, value, origin, error);
    case PATHS:
        return add_path(field, value, origin, error);
    case TEXT:
        return set_text(field, value, origin, error);
    case TEXTS:
        return add_text(field, value, origin, error);
    case DATE:
        return set_date(field, value, origin, error);
    case FORMAT:
        return check_output_add(field, value, error);
    case COLOR:
        return color_choice_parse(value, field) ||
               error_set(error, STATUS_USAGE, "%s: '%s' is not auto, always or never", origin->from,
                         value);
    case FLAG:
        return set_flag(field, value, origin, error);
    }
    return false;
}

bool check_option_set(struct check_options *options, const struct check_option *option,
                      const char *value, struct error *error)
{
    char from[64];
    snprintf(from, sizeof(from), "--%s", option->name);
    return set_value(options, option, value, &(struct origin){.from = from}, error);
}

bool check_option_set_from_file(struct check_options *options, const struct check_option *option,
                                const char *value, const char *file, unsigned line,
                                struct error *error)
{
    char *from = NULL, *folder = strdup(file);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash)
        slash[slash == folder] = '\0'; /* of "/.hashtrack" the slash itself is the folder */
    bool set = false;
    if (!folder || asprintf(&from, "%s:%u: %s", file, line, option->name) < 0)
        from = NULL;
    if (!from)
        error_no_memory(error, NULL);
    else
        set = set_value(
            options, option, value,
            &(struct origin){.from = from, .folder = slash ? folder : NULL, .is_file = true},
            error);
    free(from);
    free(folder);
    return set;
}

/* --- together --- */

static bool check_together(const struct check_options *options, struct error *error)
{
    if (options->accept && !options->reason)
        return error_set(error, STATUS_USAGE,
                         "--accept: say why with --reason \"...\"; the next one who reads the "
                         "baseline will ask");
    if (!options->accept && (options->reason || options->expires))
        return error_set(error, STATUS_USAGE, "--%s: only with --accept ID",
                         options->reason ? "reason" : "expires");
    if (options->config && options->no_config)
        return error_set(error, STATUS_USAGE, "--config and --no-config exclude each other");
    return true;
}

/* The baseline that nobody named: beside the .hashtrack file, or in the working directory. It is
 * used when it exists, and written when that is asked for. */
static bool usual_baseline(struct check_options *options, struct error *error)
{
    bool writes = options->update_baseline || options->prune_baseline || options->accept;
    if (options->baseline.path)
        return true;
    if (options->no_config)
        return !writes || error_set(error, STATUS_USAGE,
                                    "--no-config: say with --baseline which file to write");
    const char *slash = options->config_found ? strrchr(options->config_found, '/') : NULL;
    char *path = NULL;
    if (asprintf(&path, "%.*s%s", slash ? (int)(slash + 1 - options->config_found) : 0,
                 slash ? options->config_found : "", DEFAULT_BASELINE_NAME) < 0)
        return error_no_memory(error, NULL);
    if (writes || access(path, F_OK) == 0)
        options->baseline.path = path;
    else
        free(path);
    return true;
}

bool check_options_complete(struct check_options *options, struct error *error)
{
    return check_together(options, error) &&
           (options->no_config || check_config_read(options, error)) &&
           usual_baseline(options, error);
}

int check_failure_status(const struct check_options *options)
{
    return options->error_exitcode.from ? (int)options->error_exitcode.value : STATUS_FINDINGS;
}

void check_options_help(FILE *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct check_option *option = &options_list[i];
        char flag[64];
        snprintf(flag, sizeof(flag), "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        fprintf(out, "  %-27s", flag);
        for (const char *line = option->help; line;) {
            const char *end = strchr(line, '\n');
            fprintf(out, "%*s%.*s\n", line == option->help ? 1 : 30, "",
                    end ? (int)(end - line) : (int)strlen(line), line);
            line = end ? end + 1 : NULL;
        }
    }
}

static void free_path(struct path_setting *setting)
{
    free(setting->path);
    free(setting->from);
}

void check_options_free(struct check_options *options)
{
    char *const texts[] = {
        options->max_hollow.from,
        options->max_per_site.from,
        options->min_saving.from,
        options->min_fill.from,
        options->fail_on_increase.from,
        options->error_exitcode.from,
        options->jobs.from,
        options->config,
        options->config_found,
        options->accept,
        options->reason,
        options->expires,
        options->reproduce,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    free_path(&options->baseline);
    free_path(&options->source_root);
    for (size_t i = 0; i < options->suppressions.count; i++)
        free_path(&options->suppressions.list[i]);
    free(options->suppressions.list);
    for (size_t i = 0; i < options->allow_missing.count; i++)
        free(options->allow_missing.list[i]);
    free(options->allow_missing.list);
    memset(options, 0, sizeof(*options));
}
