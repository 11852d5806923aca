/* hashtrack check: the CI gate. Reads options; check.c does the work. */
#include <getopt.h>
#include <stdlib.h>

#include "check.h"
#include "shell_words.h"
#include "verbs.h"

#define MOST_OPTIONS 40u
#define FIRST_OPTION 256

static void print_help(FILE *out)
{
    fputs("usage: hashtrack check [OPTIONS] DUMP...\n"
          "Fails when hash tables of these dumps are hollow that are neither in the baseline nor\n"
          "suppressed. DUMP is a file written by the tracker (*.htd), or a directory for all such\n"
          "files in it. hashtrack run --check runs a program and checks its dumps.\n"
          "\n",
          out);
    check_options_help(out);
    fputs("\nOutputs (--format NAME, or NAME=PATH for a file):\n", out);
    check_outputs_help(out);
    fputs(
        "\n"
        "What has a place in a .hashtrack file stands there in the section [check]:\n"
        "  [check]\n"
        "  max-hollow = 4M\n"
        "  baseline = tests/hashtrack.baseline.json\n"
        "\n"
        "example: hashtrack check --format text --format junit=hollow.xml build/dumps\n"
        "\n"
        "Exits with 0 when all is within the limits, 23 when it is not (or --error-exitcode), 2\n"
        "for wrong usage, 3 when there is no dump or one is damaged or partial, 77 when a program\n"
        "could not be tracked.\n",
        out);
}

static int run_verb(int argc, char **argv, struct check_options *options)
{
    struct option all[MOST_OPTIONS + 2] = {{"help", no_argument, NULL, 'h'}};
    struct error error;
    const struct check_option *known;
    for (int i = 0; (known = check_option_at((size_t)i)) && i < (int)MOST_OPTIONS; i++)
        all[i + 1] = (struct option){known->name, known->argument ? required_argument : no_argument,
                                     NULL, FIRST_OPTION + i};
    /* Before getopt puts the options first. */
    options->reproduce = shell_words("hashtrack check", argv + 1, (size_t)argc - 1);
    int option;
    while ((option = getopt_long(argc, argv, "h", all, NULL)) != -1) {
        if (option == 'h') {
            print_help(stdout);
            return STATUS_OK;
        }
        if (option < FIRST_OPTION)
            return error_usage(argv[0]); /* getopt has said what is wrong */
        if (!check_option_set(options, check_option_at((size_t)(option - FIRST_OPTION)), optarg,
                              &error))
            return error_print(&error);
    }
    if (optind == argc && !options->accept) {
        error_set(&error, STATUS_USAGE,
                  "no dump is named; usage: hashtrack check [OPTIONS] DUMP...");
        return error_print(&error);
    }
    if (!check_options_complete(options, &error))
        return error_print(&error);
    return check_dumps((const char **)argv + optind, (size_t)(argc - optind), options);
}

int cmd_check(int argc, char **argv)
{
    struct check_options options = {0};
    int status = run_verb(argc, argv, &options);
    check_options_free(&options);
    return status;
}
