/* hashtrack diff: what appeared, grew, went and shrank between two dumps of one program. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "apart.h"
#include "diff.h"
#include "format.h"
#include "render_diff.h"
#include "verbs.h"

static const char help[] =
    "usage: hashtrack diff [OPTIONS] OLD NEW\n"
    "Says which hash tables appeared, grew, became hollow, recovered, shrank and went from the\n"
    "dump OLD to the dump NEW of the same program: two snapshots of one process, or two runs of\n"
    "the same binary, whose tables are matched by the call stacks that made and grew them.\n"
    "\n"
    "  --json               the changes as JSON\n"
    "  --min-change BYTES   leave out tables that changed by less; K, M, G (default: 64K)\n"
    "  --min-saving BYTES   as in hashtrack report: from which saving on a table is hollow\n"
    "  --no-symbols         modules and offsets instead of functions and lines\n"
    "  --debuginfod         fetch missing debug information from the servers in DEBUGINFOD_URLS\n"
    "\n"
    "example: hashtrack diff hashtrack.server.4711.1-before.htd hashtrack.server.4711.htd\n"
    "\n"
    "Exits with 0 whatever changed, 2 for wrong usage, 3 when a dump is missing or damaged,\n"
    "77 when the program could not be tracked.\n";

static bool load(const char *path, uint64_t min_saving, struct dump *dump,
                 struct findings *findings, struct error *error)
{
    return dump_load(path, dump, error) &&
           findings_make(dump, &(struct finding_limits){.min_saving = min_saving}, findings, error);
}

static bool compare(const char *const *paths, const struct diff_options *options,
                    struct error *error)
{
    struct dump dumps[2] = {{0}};
    struct findings findings[2] = {{0}};
    struct diff diff = {0};
    bool done = load(paths[0], options->min_saving, &dumps[0], &findings[0], error) &&
                load(paths[1], options->min_saving, &dumps[1], &findings[1], error) &&
                diff_make(&findings[0], &findings[1], &diff, error) &&
                render_diff(&diff, &findings[0], &findings[1], options, stdout, error);
    if (done && fflush(stdout) != 0)
        done =
            error_set(error, STATUS_BAD_DUMP, "the report cannot be written: %s", strerror(errno));
    diff_free(&diff);
    for (int i = 0; i < 2; i++) {
        findings_free(&findings[i]);
        dump_unload(&dumps[i]);
    }
    return done;
}

struct diff_work {
    const char *const *paths;
    const struct diff_options *options;
};

static int diff_work(void *context)
{
    const struct diff_work *work = context;
    struct error error;
    return compare(work->paths, work->options, &error) ? STATUS_OK : error_print(&error);
}

static int bad_value(const char *option, const char *value)
{
    struct error error;
    error_set(&error, STATUS_USAGE, "--%s: '%s' is no size; see hashtrack diff --help", option,
              value);
    return error_print(&error);
}

int cmd_diff(int argc, char **argv)
{
    enum { JSON = 1, MIN_CHANGE, MIN_SAVING, NO_SYMBOLS, DEBUGINFOD, HELP };
    static const struct option long_options[] = {
        {"json", no_argument, NULL, JSON},
        {"min-change", required_argument, NULL, MIN_CHANGE},
        {"min-saving", required_argument, NULL, MIN_SAVING},
        {"no-symbols", no_argument, NULL, NO_SYMBOLS},
        {"debuginfod", no_argument, NULL, DEBUGINFOD},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct diff_options options = {.min_change = 64 << 10};
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (option) {
        case JSON:
            options.json = true;
            break;
        case MIN_CHANGE:
            if (!parse_bytes(optarg, &options.min_change))
                return bad_value("min-change", optarg);
            break;
        case MIN_SAVING:
            if (!parse_bytes(optarg, &options.min_saving))
                return bad_value("min-saving", optarg);
            if (options.min_saving == 0)
                options.min_saving = 1; /* 0 stands for the default */
            break;
        case NO_SYMBOLS:
            options.no_symbols = true;
            break;
        case DEBUGINFOD:
            options.debuginfod = true;
            break;
        case HELP:
        case 'h':
            fputs(help, stdout);
            return STATUS_OK;
        default:
            return STATUS_USAGE; /* getopt has said what is wrong */
        }
    }
    if (argc - optind != 2) {
        fputs(help, stderr);
        return STATUS_USAGE;
    }
    const char *const paths[2] = {argv[optind], argv[optind + 1]};
    struct diff_work work = {paths, &options};
    return options.no_symbols ? diff_work(&work) : run_apart(diff_work, &work, stdout, paths[1]);
}
