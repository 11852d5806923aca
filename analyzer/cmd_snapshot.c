/*
 * hashtrack snapshot PID: a dump of a running tracked program, now.
 *
 * Taken from outside: the registry and the tables are read with process_vm_readv(2), so the program
 * does not stop, run a handler or notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "remote_registry.h"
#include "snapshot.h"
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
          "hashtrack.server.4711.1-outside.htd\n",
          stdout);
}

/* The first number that no dump in the directory has: nothing is ever overwritten. */
static bool choose_name(struct snapshot *snapshot, const char *program, const char *directory,
                        char *name, struct error *error)
{
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return error_set(error, STATUS_USAGE, "%s: %s", directory, strerror(errno));
    snapshot->ordinal = snapshot->registry->snapshots;
    do {
        snapshot->ordinal++;
        snapshot_file_name(snapshot, program, name);
    } while (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    close(folder);
    return true;
}

static bool take(pid_t pid, const char *label, const char *directory, struct error *error)
{
    struct remote_registry *remote = calloc(1, sizeof(*remote));
    struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
    char program[1024];
    char name[SNAPSHOT_NAME_BYTES];
    bool done = false;

    if (!remote || !snapshot) {
        error_set(error, STATUS_BAD_DUMP, "process %d: not enough memory", (int)pid);
    } else if (remote_registry_copy(pid, remote, error)) {
        *snapshot = (struct snapshot){
            .registry = &remote->registry,
            .reader = process_reader(pid),
            .reason = DUMP_REASON_OUTSIDE,
            .label = label,
            .is_outside = true,
        };
        snapshot->pointers.excluded = remote->own;
        remote->own = (struct buffer){0};
        snapshot_program(pid, program, sizeof(program));
        if (choose_name(snapshot, program, directory, name, error)) {
            int status = snapshot_collect(snapshot)
                             ? dump_write(&snapshot->contents, directory, name)
                             : -ENOMEM;
            done = status == 0 || error_set(error, STATUS_BAD_DUMP, "%s/%s: %s", directory, name,
                                            strerror(-status));
        }
        snapshot_free(snapshot);
    }
    if (remote)
        remote_registry_free(remote);
    free(remote);
    free(snapshot);
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
            return STATUS_USAGE;
        }
    }
    if (optind + 1 != argc || !parse_pid(argv[optind], &pid)) {
        error_set(&error, STATUS_USAGE, "snapshot takes the number of one process; see --help");
        return error_print(&error);
    }
    return take(pid, label, directory, &error) ? STATUS_OK : error_print(&error);
}
