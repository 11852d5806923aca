/*
 * hashtrack run: preloads the library into a program, waits for its end, reports.
 *
 * The report goes to stderr, because stdout is the program's; JSON goes to stdout, because somebody
 * asked for it to read it by machine. The program's own failure is the exit status, whatever we
 * found.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "atomic_file.h"
#include "check.h"
#include "error.h"
#include "find_preload.h"
#include "missing_dump.h"
#include "printable.h"
#include "run_check.h"
#include "run_dumps.h"
#include "run_options.h"
#include "run_processes.h"
#include "supervise.h"
#include "target.h"
#include "unseen.h"
#include "verbs.h"
#include "watch.h"
#include "watch_merge.h"

/* A line about the run that is no error; on stderr like the report. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[2 * PATH_MAX], safe[2 * PATH_MAX];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    printable(safe, sizeof(safe), text);
    fprintf(stderr, "hashtrack: %s\n", safe);
}

/* Absolute, so that a program that changes its directory does not move its dumps. */
static bool dump_directory(const struct run_options *options, char *directory, struct error *error)
{
    const char *wanted = options->directory;
    const char *why = NULL;
    if (wanted == NULL)
        wanted = getenv("HASHTRACK_DIR");
    if (wanted == NULL || wanted[0] == '\0')
        wanted = ".";
    if (realpath(wanted, directory) == NULL)
        return error_set(error, STATUS_USAGE, "cannot write dumps into %s: %s", wanted,
                         strerror(errno));
    if (!can_write_dumps(directory, &why))
        return error_set(error, STATUS_USAGE,
                         "cannot write dumps into %s: %s; name another with --dir", directory, why);
    return true;
}

/* Runs the program with the tracker's variables set. */
static bool run_program(const struct run_options *options, const struct finished_run *run,
                        struct watch *watch, struct ending *ending, struct error *error)
{
    struct environment_setting settings[MAX_TRACKER_SETTINGS + 4];
    size_t count = 0;
    char id[17];
    snprintf(id, sizeof(id), "%016" PRIx64, run->id);
    for (; count < options->setting_count; count++)
        settings[count] = (struct environment_setting){options->settings[count].name,
                                                       options->settings[count].value};
    settings[count++] = (struct environment_setting){"HASHTRACK_DIR", run->directory};
    settings[count++] = (struct environment_setting){"LD_PRELOAD", run->preload};
    settings[count++] = (struct environment_setting){"HASHTRACK_RUN_ID", id};
    if (options->php_malloc)
        settings[count++] = (struct environment_setting){"USE_ZEND_ALLOC", "0"};

    struct command command = {
        .path = run->target->path,
        .arguments = options->program,
        .settings = settings,
        .setting_count = count,
        .look = options->interval_ms ? watch_look : NULL,
        .look_context = watch,
        .first_look_ms = options->interval_ms,
    };
    return supervise(&command, ending, error);
}

static int print_report(const struct run_options *options, const char *dump)
{
    const char *paths[] = {dump};
    struct error error;
    FILE *out = options->report.json ? stdout : stderr;
    int status = report_dumps(paths, 1, &options->report, out);
    if (fflush(out) == 0 && !ferror(out))
        return status;
    error_set(&error, STATUS_USAGE, "cannot write the report: %s", strerror(errno));
    return error_print(&error);
}

/* The report of one dump, to where the options say. What stands in a file that is to be replaced
 * stays there when there is no new report. */
static int write_report(const struct run_options *options, const char *dump)
{
    const char *paths[] = {dump};
    struct atomic_file file;
    struct error error;
    if (options->output == NULL)
        return print_report(options, dump);
    if (!atomic_file_open(options->output, &file, &error))
        return error_print(&error);
    int status = report_dumps(paths, 1, &options->report, file.out);
    if (status == STATUS_OK)
        return atomic_file_commit(&file, &error) ? status : error_print(&error);
    atomic_file_discard(&file);
    return status;
}

/* No dump at its end: what was last seen of the program becomes one, unless a snapshot of its own
 * is younger. */
static int write_last_seen(const struct finished_run *run, struct watch *watch,
                           struct run_dumps *dumps)
{
    struct error error;
    struct stat own;
    bool is_younger = dumps->snapshot[0] != '\0' && stat(dumps->snapshot, &own) == 0 &&
                      (own.st_mtim.tv_sec > watch->last_at.tv_sec ||
                       (own.st_mtim.tv_sec == watch->last_at.tv_sec &&
                        own.st_mtim.tv_nsec > watch->last_at.tv_nsec));
    bool was_seen = watch->last != NULL && !is_younger;
    if (was_seen && (!watch_write_last(watch, run->directory, dumps->snapshot, &error) ||
                     !watch_merge(watch, dumps->snapshot, &error)))
        error_print(&error);
    explain_missing_dump(run, dumps->snapshot[0] != '\0', &error);
    int status = error_print(&error);
    if (dumps->snapshot[0] != '\0')
        say(was_seen ? "what follows is what was last seen of it, not its end"
                     : "what follows is its last snapshot, not its end");
    return status;
}

/* What the run left besides the dump that was reported on. */
static void report_others(const struct run_options *options, const struct finished_run *run,
                          const struct run_dumps *dumps, const char *reported)
{
    size_t snapshots = dumps->snapshots;
    if (options->quiet)
        return;
    for (size_t i = 0; i < dumps->count && dumps->final[0] == '\0'; i++)
        snapshots -= strcmp(dumps->paths[i], reported) == 0;
    if (snapshots > 0)
        say("%zu snapshot%s taken meanwhile; hashtrack report %s reads all that are there",
            snapshots, snapshots == 1 ? " was" : "s were", run->directory);
    if (dumps->others > 0)
        say("%zu other dump%s written meanwhile by the program's children or under another name; "
            "hashtrack report %s reads all that are there",
            dumps->others, dumps->others == 1 ? " was" : "s were", run->directory);
}

/* Looks again: what was last seen of the program may have become a dump meanwhile. */
static int check_run(const struct run_options *options, const struct run_identity *identity,
                     const char *directory, struct run_dumps *dumps, bool failed)
{
    struct error error;
    run_dumps_free(dumps);
    return run_dumps_find(directory, identity, dumps, &error) ? run_check(options, dumps, failed)
                                                              : error_print(&error);
}

/* Where the dumps are for a gate, now or later, they must tell of processes that left none. */
static int look_for_unseen(const struct run_options *options, const char *directory,
                           const struct run_identity *identity)
{
    struct error error;
    if (options->check || options->quiet)
        return unseen_note(directory, identity, &error) ? STATUS_OK : error_print(&error);
    unseen_tell(directory, identity);
    return STATUS_OK;
}

/* Reports, or checks, what the run left; the exit status as far as hashtrack is concerned. */
static int conclude(const struct run_options *options, const struct finished_run *run,
                    struct watch *watch, bool failed)
{
    struct run_dumps dumps;
    struct error error;
    const struct run_identity identity = {run->id, run->ending->pid, run->ending->started};
    int unseen = look_for_unseen(options, run->directory, &identity);
    if (!run_dumps_find(run->directory, &identity, &dumps, &error)) {
        run_dumps_free(&dumps);
        return error_print(&error);
    }

    int status = STATUS_OK;
    const char *dump = dumps.final[0] != '\0' ? dumps.final : dumps.snapshot;
    if (dumps.final[0] == '\0')
        status = write_last_seen(run, watch, &dumps);
    else if (!watch_merge(watch, dumps.final, &error))
        status = error_print(&error);
    if (options->check) {
        int checked = check_run(options, &identity, run->directory, &dumps, failed);
        status = status != STATUS_OK ? status : checked;
    } else {
        if (dump[0] != '\0' && !options->quiet) {
            int reported = write_report(options, dump);
            status = status != STATUS_OK ? status : reported;
            say("the dump is %s", dump);
        }
        report_others(options, run, &dumps, dump);
    }
    run_dumps_free(&dumps);
    return status != STATUS_OK ? status : unseen;
}

/* A number that no other run has, and not 0, which stands for none. */
static bool new_run_id(uint64_t *id, struct error *error)
{
    do {
        if (getrandom(id, sizeof(*id), 0) != sizeof(*id))
            return error_set(error, STATUS_USAGE, "no random number for this run: %s",
                             strerror(errno));
    } while (*id == 0);
    return true;
}

/* The program's own failure as a shell would give it, 0 when it did not fail. */
static int program_failure(const char *program, int wait_status)
{
    if (WIFSIGNALED(wait_status)) {
        int number = WTERMSIG(wait_status);
        const char *name = sigabbrev_np(number);
        say("%s was killed by signal %d%s%s", program, number, name != NULL ? ", SIG" : "",
            name != NULL ? name : "");
        return 128 + number;
    }
    return WEXITSTATUS(wait_status);
}

static int run_verb(const struct run_options *options)
{
    struct error error;
    struct target target;
    struct ending ending;
    char library[PATH_MAX], name[PATH_MAX], directory[PATH_MAX];
    uint64_t id;
    if (!target_check(options->program[0], &target, &error) ||
        !find_preload(options->preload, library, &error) ||
        !dump_directory(options, directory, &error) || !new_run_id(&id, &error) ||
        (options->check && !check_can_be_made(&options->gate, &error)))
        return error_print(&error);
    preload_name(options->preload, library, name);
    char *preload = preload_list(name, getenv("LD_PRELOAD"));
    if (preload == NULL) {
        error_set(&error, STATUS_BAD_DUMP, "cannot run %s: out of memory", target.path);
        return error_print(&error);
    }

    struct finished_run run = {
        .target = &target,
        .ending = &ending,
        .library = library,
        .preload = preload,
        .directory = directory,
        .id = id,
    };
    int status;
    struct watch watch = {.interval_ms = options->interval_ms};
    if (run_processes_begin(directory, id, &error) &&
        run_program(options, &run, &watch, &ending, &error)) {
        /* Whoever reads our output may have gone meanwhile; the program's status must not. */
        signal(SIGPIPE, SIG_IGN);
        int failure = program_failure(target.path, ending.wait_status);
        status = conclude(options, &run, &watch, failure != 0);
        status = failure != 0 ? failure : status;
    } else {
        status = error_print(&error);
    }
    run_processes_end(directory, id);
    watch_free(&watch);
    free(preload);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct run_options options;
    struct error error;
    int status = STATUS_OK;
    if (!run_options_parse(argc, argv, &options, &error))
        status = error.text[0] != '\0' ? error_print(&error) : error_usage(argv[0]);
    else if (options.help)
        run_options_help();
    else
        status = run_verb(&options);
    run_options_free(&options);
    return status;
}
