/* hashtrack report: what is hollow and what to do. Reads options; report.c does the work. */
#include <getopt.h>

#include "report_options.h"
#include "verbs.h"

static const char help[] =
    "usage: hashtrack report [OPTIONS] DUMP...\n"
    "Says which hash tables are hollow, what that costs and what to do. DUMP is a file\n"
    "written by the tracker (*.htd), or a directory for all such files in it.\n"
    "\n"
    "  --json               the report as JSON; an object a line when there are several dumps\n"
    "  --all                every table, not only the hollow ones\n"
    "  --all-frames         whole call stacks: containers, allocator and start-up too\n"
    "  --explain N          every figure and comparison behind finding N\n"
    "  --min-saving BYTES   name a table only when its best fix saves this much; K, M, G\n"
    "                       (default: 1M, or 1 % of the tracked bytes where that is more)\n"
    "  --no-symbols         modules and offsets instead of functions and lines\n"
    "  --debuginfod         fetch missing debug information from the servers in DEBUGINFOD_URLS\n"
    "  --color WHEN         auto, always or never (default: auto; NO_COLOR is obeyed)\n"
    "\n"
    "example: hashtrack report --min-saving 100K hashtrack.server.4711.htd\n"
    "\n"
    "Exits with 0 whatever it finds, 2 for wrong usage, 3 when a dump is missing or damaged,\n"
    "77 when the program could not be tracked.\n";

int cmd_report(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
#define REPORT_OPTION(code, name, argument) {name, argument, NULL, REPORT_##code},
#include "report_option_list.h"
#undef REPORT_OPTION
        {NULL, 0, NULL, 0},
    };
    struct report_options options = {0};
    struct error error;
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return STATUS_OK;
        }
        if (option == '?')
            return error_usage(argv[0]); /* getopt has said what is wrong */
        if (!report_option_set(&options, (enum report_option)option, optarg, &error))
            return error_print(&error);
    }
    if (optind == argc) {
        error_set(&error, STATUS_USAGE,
                  "no dump is named; usage: hashtrack report [OPTIONS] DUMP...");
        return error_print(&error);
    }
    return report_dumps((const char **)argv + optind, (size_t)(argc - optind), &options, stdout);
}
