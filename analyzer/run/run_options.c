/*
 * Options of `run`: its own, those of the report, and those of the tracker
 * (preload/interpose/options.h), which become environment variables of the program.
 */
#include "run_options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "report_options.h"
#include "shell_words.h"

#define DEFAULT_INTERVAL_MS 1000u
#define MAX_RUN_OPTIONS     64u

enum option_kind { BYTES, NUMBER, SIGNAL, PATH };

static const struct tracker_option {
    const char *name;
    enum option_kind kind;
    uint64_t minimum, maximum;
    const char *help;
} tracker_options[] = {
#define OPTION(field, name, kind, fallback, minimum, maximum, help)                                \
    {name, kind, minimum, maximum, help},
#include "options.h"
#undef OPTION
};

#define TRACKER_OPTION_COUNT (sizeof(tracker_options) / sizeof(tracker_options[0]))
_Static_assert(TRACKER_OPTION_COUNT <= MAX_TRACKER_SETTINGS, "MAX_TRACKER_SETTINGS is too small");

enum {
    HELP = 'h',
    OUTPUT = 'o',
    QUIET = 'q',
    PRELOAD = AFTER_REPORT_OPTIONS,
    INTERVAL,
    PHP_MALLOC,
    CHECK,
    KEEP_DUMPS,
    FIRST_TRACKER_OPTION,
    FIRST_CHECK_OPTION = FIRST_TRACKER_OPTION + MAX_TRACKER_SETTINGS,
};

static const struct option own_options[] = {
    {"help", no_argument, NULL, HELP},
    {"output", required_argument, NULL, OUTPUT},
    {"quiet", no_argument, NULL, QUIET},
#define REPORT_OPTION(code, name, argument) {name, argument, NULL, REPORT_##code},
#include "report_option_list.h"
#undef REPORT_OPTION
    {"preload", required_argument, NULL, PRELOAD},
    {"interval", required_argument, NULL, INTERVAL},
    {"php-malloc", no_argument, NULL, PHP_MALLOC},
    {"check", no_argument, NULL, CHECK},
    {"keep-dumps", no_argument, NULL, KEEP_DUMPS},
};

#define OWN_OPTION_COUNT (sizeof(own_options) / sizeof(own_options[0]))

void run_options_help(void)
{
    fputs("usage: hashtrack run [OPTIONS] [--] PROGRAM [ARGUMENT...]\n"
          "Runs PROGRAM with libhashtrack.so preloaded. When it has ended, says which of its hash\n"
          "tables were hollow. The program keeps stdin, stdout and stderr; the report goes to "
          "stderr.\n"
          "\n"
          "Tracking (each is the environment variable HASHTRACK_NAME as well):\n",
          stdout);
    for (size_t i = 0; i < TRACKER_OPTION_COUNT; i++) {
        static const char *const values[] = {"BYTES", "N", "SIGNAL", "DIRECTORY"};
        const struct tracker_option *option = &tracker_options[i];
        char flag[64];
        snprintf(flag, sizeof(flag), "--%s %s", option->name, values[option->kind]);
        printf("  %-20s %s\n", flag, option->help);
    }
    fputs(
        "  --preload FILE       this libhashtrack.so\n"
        "  --php-malloc         have PHP use malloc (USE_ZEND_ALLOC=0), so that its arrays are "
        "seen\n"
        "\n"
        "Watching:\n"
        "  --interval SECONDS   look at the tables from outside this often, for their history and\n"
        "                       in case the program is killed (default 1; 0.01 to 86400, 0 never)\n"
        "\n"
        "Report (as hashtrack report --help explains them):\n"
        "  -o, --output FILE    write the report to FILE\n"
        "  --json               as JSON; to stdout when there is no --output\n"
        "  -q, --quiet          only the dump, no report\n"
        "  --all  --all-frames  --explain N  --min-saving BYTES  --no-symbols  --debuginfod\n"
        "  --color WHEN\n"
        "\n"
        "Checking (as hashtrack check --help explains it, with all its options):\n"
        "  --check              fail when tables are hollow, in the program or in a child of it,\n"
        "                       that are neither known nor suppressed, instead of reporting them;\n"
        "                       without --interval nothing is looked at from outside, so that\n"
        "                       every run finds the same; --quiet is silent while all is well\n"
        "  --keep-dumps         keep the dumps of a run without a finding, too\n"
        "\n"
        "example: hashtrack run --signal USR2 -- ./server --port 8080\n"
        "example: hashtrack run --check --max-hollow 4M -- ./tests/test_cache\n"
        "\n"
        "Exits with the program's own status when that is not 0 (128 + n when signal n killed "
        "it).\n"
        "Else with 0, 2 for wrong usage, 3 when there is no dump or a damaged one, 77 when the\n"
        "program cannot be tracked, and with --check 23 when a limit is passed.\n",
        stdout);
}

static bool bad_value(struct error *error, const char *option, const char *value, const char *takes)
{
    return error_set(error, STATUS_USAGE, "--%s: '%s' makes no sense: it takes %s", option, value,
                     takes);
}

static bool parse_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    if (!isdigit((unsigned char)text[0]))
        return false;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool parse_interval(const char *text, unsigned *out)
{
    char *end;
    if (!isdigit((unsigned char)text[0]) && text[0] != '.')
        return false;
    double seconds = strtod(text, &end);
    if (*end != '\0' || end == text || !(seconds == 0 || (seconds >= 0.01 && seconds <= 86400)))
        return false;
    *out = (unsigned)(seconds * 1000 + 0.5);
    return true;
}

static bool parse_signal(const char *text, uint64_t *out)
{
    if (parse_number(text, out))
        return *out != SIGKILL && *out != SIGSTOP;
    if (strncmp(text, "SIG", 3) == 0)
        text += 3;
    for (int number = 1; number < NSIG; number++) {
        const char *name = sigabbrev_np(number);
        if (name != NULL && strcmp(name, text) == 0) {
            *out = (uint64_t)number;
            return number != SIGKILL && number != SIGSTOP;
        }
    }
    return false;
}

static void variable_name(char out[SETTING_BYTES], const char *option)
{
    size_t used = (size_t)snprintf(out, SETTING_BYTES, "HASHTRACK_");
    for (; *option != '\0' && used < SETTING_BYTES - 1; option++)
        out[used++] = (char)(*option == '-' ? '_' : toupper((unsigned char)*option));
    out[used] = '\0';
}

/* The tracker ignores a value that makes no sense and says so in the dump; here somebody is still
 * looking. */
static bool set_tracker_option(const struct tracker_option *option, const char *text,
                               struct run_options *options, struct error *error)
{
    if (option->kind == PATH && strcmp(option->name, "dir") == 0) {
        options->directory = text;
        return true;
    }
    /* The last one counts when an option is given twice. */
    char name[SETTING_BYTES];
    variable_name(name, option->name);
    struct tracker_setting *setting = options->settings;
    while (setting < options->settings + options->setting_count && strcmp(setting->name, name) != 0)
        setting++;
    if (setting == options->settings + options->setting_count)
        options->setting_count++;
    memcpy(setting->name, name, sizeof(name));
    setting->value = text;
    if (option->kind == PATH)
        return true;

    uint64_t value = 0;
    bool good = option->kind == BYTES    ? parse_bytes(text, &value)
                : option->kind == SIGNAL ? parse_signal(text, &value)
                                         : parse_number(text, &value);
    if (!good)
        return bad_value(error, option->name, text,
                         option->kind == BYTES ? TAKES_BYTES
                         : option->kind == SIGNAL
                             ? "a signal's name or number, as USR2, other than "
                               "KILL and STOP"
                             : "a number");
    if (value < option->minimum || value > option->maximum)
        return error_set(error, STATUS_USAGE, "--%s: %s is not between %ju and %ju", option->name,
                         text, (uintmax_t)option->minimum, (uintmax_t)option->maximum);
    snprintf(setting->number, sizeof(setting->number), "%ju", (uintmax_t)value);
    setting->value = setting->number;
    return true;
}

static bool set_own_option(int option, const char *value, struct run_options *options,
                           struct error *error)
{
    if (option > BEFORE_REPORT_OPTIONS && option < AFTER_REPORT_OPTIONS)
        return report_option_set(&options->report, (enum report_option)option, value, error);
    switch (option) {
    case HELP:
        options->help = true;
        return true;
    case OUTPUT:
        options->output = value;
        return true;
    case QUIET:
        options->quiet = true;
        return true;
    case PRELOAD:
        options->preload = value;
        return true;
    case INTERVAL:
        options->has_interval = true;
        return parse_interval(value, &options->interval_ms) ||
               bad_value(error, "interval", value, "0 or 0.01 to 86400 seconds");
    case CHECK:
        options->check = true;
        return true;
    case KEEP_DUMPS:
        options->keep_dumps = true;
        return true;
    case PHP_MALLOC:
        options->php_malloc = true;
        return true;
    default: /* getopt has said what is wrong */
        error->status = STATUS_USAGE;
        error->text[0] = '\0';
        return false;
    }
}

/* An option of the report that the gate has too: they mean the same there. */
static bool set_in_gate_too(int option, const char *value, struct run_options *options,
                            struct error *error)
{
    for (size_t i = 0; i < OWN_OPTION_COUNT; i++) {
        const struct check_option *same = check_option_named(own_options[i].name);
        if (own_options[i].val == option && same)
            return check_option_set(&options->gate, same, value, error);
    }
    return true;
}

static bool is_own_option(const char *name)
{
    for (size_t i = 0; i < OWN_OPTION_COUNT; i++)
        if (strcmp(own_options[i].name, name) == 0)
            return true;
    return false;
}

/* Everything that getopt is to know. Returns false when there is no room, which a test would show.
 */
static bool list_options(struct option all[MAX_RUN_OPTIONS])
{
    size_t count = OWN_OPTION_COUNT;
    memset(all, 0, MAX_RUN_OPTIONS * sizeof(*all));
    memcpy(all, own_options, sizeof(own_options));
    for (size_t i = 0; i < TRACKER_OPTION_COUNT; i++)
        all[count++] = (struct option){.name = tracker_options[i].name,
                                       .has_arg = required_argument,
                                       .val = FIRST_TRACKER_OPTION + (int)i};
    const struct check_option *option;
    for (size_t i = 0; (option = check_option_at(i)) != NULL; i++) {
        if (count == MAX_RUN_OPTIONS - 1)
            return false;
        if (!is_own_option(option->name))
            all[count++] =
                (struct option){.name = option->name,
                                .has_arg = option->argument ? required_argument : no_argument,
                                .val = FIRST_CHECK_OPTION + (int)i};
    }
    return true;
}

static bool set_option(int option, const char *value, struct run_options *options,
                       struct error *error)
{
    if (option >= FIRST_CHECK_OPTION) {
        const struct check_option *of_gate = check_option_at((size_t)(option - FIRST_CHECK_OPTION));
        if (options->first_of_gate == NULL)
            options->first_of_gate = of_gate->name;
        return check_option_set(&options->gate, of_gate, value, error);
    }
    if (option >= FIRST_TRACKER_OPTION)
        return set_tracker_option(&tracker_options[option - FIRST_TRACKER_OPTION], value, options,
                                  error);
    return set_own_option(option, value, options, error) &&
           set_in_gate_too(option, value, options, error);
}

static bool check_together(const struct run_options *options, struct error *error)
{
    const struct report_options *report = &options->report;
    if (!options->check && (options->first_of_gate != NULL || options->keep_dumps))
        return error_set(error, STATUS_USAGE, "--%s: only with --check",
                         options->first_of_gate != NULL ? options->first_of_gate : "keep-dumps");
    if (options->check && (report->json || options->output != NULL))
        return error_set(error, STATUS_USAGE,
                         "--check writes no report; say --format json=FILE or --format text=FILE");
    if (options->check && (report->all || report->all_frames || report->explain))
        return error_set(error, STATUS_USAGE,
                         "--check writes no report: leave out --all, --all-frames and --explain; "
                         "hashtrack report of the dump has them");
    if (options->quiet && (report->json || options->output != NULL))
        return error_set(error, STATUS_USAGE,
                         "--quiet writes no report: leave out --json and --output");
    return true;
}

bool run_options_parse(int argc, char **argv, struct run_options *options, struct error *error)
{
    struct option all[MAX_RUN_OPTIONS];
    memset(options, 0, sizeof(*options));
    options->interval_ms = DEFAULT_INTERVAL_MS;
    options->gate.outputs.text_on_stderr = true; /* stdout is the program's */
    if (!list_options(all))
        return error_set(error, STATUS_USAGE, "MAX_RUN_OPTIONS is too small");
    int option;
    /* "+": the first word that is no option is the program; what follows is the program's. */
    while ((option = getopt_long(argc, argv, "+ho:q", all, NULL)) != -1)
        if (!set_option(option, optarg, options, error))
            return false;
    options->program = argv + optind;
    if (options->help)
        return true;
    if (!check_together(options, error))
        return false;
    if (optind == argc)
        return error_set(error, STATUS_USAGE,
                         "no program to run; usage: hashtrack run [OPTIONS] [--] PROGRAM "
                         "[ARGUMENT...]");
    /* When something is seen from outside depends on the scheduler; a gate must not. */
    if (options->check && !options->has_interval)
        options->interval_ms = 0;
    options->gate.quiet = options->quiet;
    options->gate.is_part_of_suite = true;
    options->gate.reproduce = shell_words("hashtrack run", argv + 1, (size_t)argc - 1);
    return !options->check || check_options_complete(&options->gate, error);
}

void run_options_free(struct run_options *options)
{
    check_options_free(&options->gate);
}
