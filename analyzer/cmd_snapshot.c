/* hashtrack snapshot PID: a dump of a running tracked program, now. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "outside_snapshot.h"
#include "verbs.h"

static void print_help(void)
{
    fputs("usage: hashtrack snapshot [OPTIONS] PID\n"
          "Reads the hash tables of a running program that was started under the tracker, without\n"
          "stopping it, and writes a dump.\n\n"
          "  --dir DIRECTORY    where to write it (default: the working directory)\n"
          "  --label NAME       stands in its name and in the report (default: outside)\n"
          "  --help             this text\n\n"
          "example: hashtrack snapshot 4711 && hashtrack report "
          "hashtrack.server.4711.1-outside.htd\n"
          "\n"
          "Exits with 0 when the dump is written, 2 for wrong usage or a process that cannot be\n"
          "read, 3 when the dump cannot be written, 77 when the program is not tracked.\n",
          stdout);
}

static bool take(pid_t pid, const char *label, const char *directory, struct error *error)
{
    char name[SNAPSHOT_NAME_BYTES];
    struct outside_snapshot *outside = outside_snapshot_begin(pid, label, error);
    bool done = outside != NULL;
    if (done && !outside_snapshot_read(outside))
        done = error_set(error, STATUS_BAD_DUMP, "process %d: not enough memory", (int)pid);
    done = done && outside_snapshot_write(outside, directory, name, error);
    outside_snapshot_free(outside);
    if (done)
        printf("%s%s%s\n", strcmp(directory, ".") == 0 ? "" : directory,
               strcmp(directory, ".") == 0 ? "" : "/", name);
    return done;
}

static bool parse_pid(const char *text, pid_t *out)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    *out = (pid_t)value;
    return errno == 0 && *text != '\0' && *end == '\0' && value > 0 && value <= INT32_MAX;
}

int cmd_snapshot(int argc, char **argv)
{
    static const struct option options[] = {{"dir", required_argument, NULL, 'd'},
                                            {"label", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *directory = ".";
    const char *label = "outside";
    struct error error;
    pid_t pid;
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            directory = optarg;
            break;
        case 'l':
            label = optarg;
            break;
        case 'h':
            print_help();
            return STATUS_OK;
        default:
            return error_usage(argv[0]); /* getopt has said what is wrong */
        }
    }
    if (optind + 1 != argc || !parse_pid(argv[optind], &pid)) {
        error_set(&error, STATUS_USAGE,
                  "one process is named by its number; usage: hashtrack snapshot [OPTIONS] PID");
        return error_print(&error);
    }
    return take(pid, label, directory, &error) ? STATUS_OK : error_print(&error);
}
