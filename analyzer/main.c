/* hashtrack(1): picks the verb. One file a verb, cmd_*.c; verb_list.h lists them. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "dump_format.h"
#include "error.h"
#include "verbs.h"

static const struct verb {
    const char *name;
    const char *full_name; /* what getopt puts before its messages */
    int (*run)(int argc, char **argv);
    const char *help;
} verbs[] = {
#define VERB(name, help) {#name, "hashtrack " #name, cmd_##name, help},
#include "verb_list.h"
#undef VERB
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(FILE *out)
{
    fputs(
        "usage: hashtrack VERB [OPTIONS] [ARGUMENTS]\n"
        "Finds hash tables that hold far more memory than their entries need, in programs nobody\n"
        "recompiled.\n\n",
        out);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].help);
    fputs("\n"
          "  hashtrack VERB --help    what the verb takes, with an example\n"
          "  hashtrack --version      the version of this program and of the dumps it reads\n"
          "\n"
          "example: hashtrack run -- ./server --port 8080\n",
          out);
}

static int run_verb(int argc, char **argv)
{
    setlocale(LC_CTYPE, ""); /* only to know what the terminal can show */
    if (argc < 2) {
        print_help(stderr);
        return STATUS_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        print_help(stdout);
        return STATUS_OK;
    }
    if (strcmp(argv[1], "help") == 0 && argc > 2) { /* as others have it */
        argv[1] = argv[2];
        argv[2] = (char *)"--help";
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("hashtrack " HASHTRACK_VERSION " (dump version %u)\n", DUMP_VERSION);
        return STATUS_OK;
    }
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            argv[1] = (char *)verbs[i].full_name; /* getopt reads argv[0], it does not write it */
            return verbs[i].run(argc - 1, argv + 1);
        }
    struct error error;
    error_set(&error, STATUS_USAGE, "there is no verb '%s'; hashtrack --help lists them", argv[1]);
    return error_print(&error);
}

int main(int argc, char **argv)
{
    int status = run_verb(argc, argv);
    /* Verbs tell a report that cannot be written, with its file. What is left is help, on a full
     * disk: nothing that was asked for may be lost under a status of 0. */
    if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        struct error error;
        error_set(&error, STATUS_USAGE, "the output cannot be written: %s", strerror(errno));
        return error_print(&error);
    }
    return status;
}
