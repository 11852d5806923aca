/* hashtrack diff: what appeared, grew, went and shrank between two dumps of one program. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "apart.h"
#include "diff.h"
#include "format.h"
#include "rebuilt.h"
#include "render_diff.h"
#include "report_options.h"
#include "symbols.h"
#include "verbs.h"

static const char help[] =
    "usage: hashtrack diff [OPTIONS] OLD NEW\n"
    "Says which hash tables appeared, grew, became hollow, recovered, shrank and went from the\n"
    "dump OLD to the dump NEW of the same program: two snapshots of one process, two runs of\n"
    "the same binary, whose tables are matched by the call stacks that made and grew them,\n"
    "or two builds, whose tables are matched by the functions in there.\n"
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
           findings_make(dump, &(struct finding_limits){.min_saving = min_saving}, NULL, findings,
                         error);
}

/* Two runs of one build have the addresses in common, two builds at best their functions. */
static bool match_builds(struct findings findings[2], struct diff_sides *sides, struct error *error)
{
    const struct dump *before = findings[0].dump, *after = findings[1].dump;
    if (diff_same_process(before, after))
        return true;
    sides->builds.module = rebuilt_module(before, after);
    return !sides->builds.module ||
           (rebuilt_ids(&findings[0], sides->before_symbols, &sides->builds.unknown_before,
                        error) &&
            rebuilt_ids(&findings[1], sides->after_symbols, &sides->builds.unknown_after, error));
}

static bool compare(const char *const *paths, const struct diff_options *options,
                    struct error *error)
{
    const struct symbolizer_options wanted = {.off = options->report.no_symbols,
                                              .debuginfod = options->report.debuginfod,
                                              .progress = true};
    struct dump dumps[2] = {{0}};
    struct findings findings[2] = {{0}};
    struct diff diff = {0};
    struct diff_sides sides = {.before = &findings[0],
                               .after = &findings[1],
                               .before_symbols = symbolizer_new(&wanted),
                               .after_symbols = symbolizer_new(&wanted)};
    bool done = ((sides.before_symbols && sides.after_symbols) || error_no_memory(error, NULL)) &&
                load(paths[0], options->report.min_saving, &dumps[0], &findings[0], error) &&
                load(paths[1], options->report.min_saving, &dumps[1], &findings[1], error) &&
                match_builds(findings, &sides, error) &&
                diff_make(&findings[0], &findings[1], &diff, error) &&
                render_diff(&diff, &sides, options, stdout, error);
    done = done && error_unwritten(error, stdout);
    diff_free(&diff);
    symbolizer_free(sides.before_symbols);
    symbolizer_free(sides.after_symbols);
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

int cmd_diff(int argc, char **argv)
{
    enum { MIN_CHANGE = AFTER_REPORT_OPTIONS };
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"min-change", required_argument, NULL, MIN_CHANGE},
        {"json", no_argument, NULL, REPORT_JSON},
        {"min-saving", required_argument, NULL, REPORT_MIN_SAVING},
        {"no-symbols", no_argument, NULL, REPORT_NO_SYMBOLS},
        {"debuginfod", no_argument, NULL, REPORT_DEBUGINFOD},
        {NULL, 0, NULL, 0},
    };
    struct diff_options options = {.min_change = 64 << 10};
    struct error error;
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return STATUS_OK;
        }
        if (option == '?')
            return error_usage(argv[0]); /* getopt has said what is wrong */
        bool is_good =
            option == MIN_CHANGE
                ? parse_bytes(optarg, &options.min_change) ||
                      error_set(&error, STATUS_USAGE,
                                "--min-change: '%s' makes no sense: it takes " TAKES_BYTES, optarg)
                : report_option_set(&options.report, (enum report_option)option, optarg, &error);
        if (!is_good)
            return error_print(&error);
    }
    if (argc - optind != 2) {
        error_set(&error, STATUS_USAGE,
                  "two dumps are compared, not %d; usage: hashtrack diff [OPTIONS] OLD NEW",
                  argc - optind);
        return error_print(&error);
    }
    const char *const paths[2] = {argv[optind], argv[optind + 1]};
    struct diff_work work = {paths, &options};
    return options.report.no_symbols ? diff_work(&work)
                                     : run_apart(diff_work, &work, stdout, paths[1]);
}
