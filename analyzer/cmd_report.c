/* hashtrack report: what is hollow and what to do. Reads options; report.c does the work. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "error.h"
#include "format.h"
#include "report.h"
#include "terminal.h"
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

static int bad_value(const char *option, const char *value)
{
    struct error error;
    error_set(&error, STATUS_USAGE, "--%s: '%s' makes no sense; see hashtrack report --help",
              option, value);
    return error_print(&error);
}

static bool parse_number(const char *text, unsigned *out)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || number == 0 || number > 1000000000)
        return false;
    *out = (unsigned)number;
    return true;
}

int cmd_report(int argc, char **argv)
{
    enum { JSON = 1, ALL, ALL_FRAMES, EXPLAIN, MIN_SAVING, NO_SYMBOLS, DEBUGINFOD, COLOR, HELP };
    static const struct option long_options[] = {
        {"json", no_argument, NULL, JSON},
        {"all", no_argument, NULL, ALL},
        {"all-frames", no_argument, NULL, ALL_FRAMES},
        {"explain", required_argument, NULL, EXPLAIN},
        {"min-saving", required_argument, NULL, MIN_SAVING},
        {"no-symbols", no_argument, NULL, NO_SYMBOLS},
        {"debuginfod", no_argument, NULL, DEBUGINFOD},
        {"color", required_argument, NULL, COLOR},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct report_options options = {0};
    enum color_choice color = COLOR_AUTO;
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (option) {
        case JSON:
            options.json = true;
            break;
        case ALL:
            options.all = true;
            break;
        case ALL_FRAMES:
            options.all_frames = true;
            break;
        case EXPLAIN:
            if (!parse_number(optarg, &options.explain))
                return bad_value("explain", optarg);
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
        case COLOR:
            if (!color_choice_parse(optarg, &color))
                return bad_value("color", optarg);
            break;
        case HELP:
        case 'h':
            fputs(help, stdout);
            return STATUS_OK;
        default:
            return STATUS_USAGE; /* getopt has said what is wrong */
        }
    }
    options.color = color;
    if (optind == argc) {
        fputs(help, stderr);
        return STATUS_USAGE;
    }
    return report_dumps((const char **)argv + optind, (size_t)(argc - optind), &options, stdout);
}
