/*
 * A process that was killed leaves nothing, and a gate that only reads dumps is green over it. So
 * the run leaves a dump in its place, with nothing in it but who it was and why there is no more:
 * whoever reads the dumps later meets it, like any other that is not whole. See unseen.h.
 */
#include "unseen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dump_writer.h"
#include "outside_snapshot.h"
#include "path_base.h"
#include "printable.h"
#include "still_running.h"
#include "target.h"

/* What was told to end a moment ago writes its dump meanwhile. A daemon costs this time. */
#define PATIENCE_MS 1000
#define LOOK_MS     10
#define MOST_NAMED  5u
#define MOST_TRIES  100

/* All that is known of a run's processes at one moment. */
struct moment {
    struct run_processes processes;
    struct still_running running;
};

static void forget(struct moment *moment)
{
    run_processes_free(&moment->processes);
    still_running_free(&moment->running);
}

/* What a process has noted is only final when it is known to have ended: so the notes are read
 * again after the look at what runs, and where they tell of processes that are new, all is done
 * again. */
static bool look(const char *directory, uint64_t run_id, struct moment *moment, struct error *error)
{
    bool good = true, is_settled = false;
    *moment = (struct moment){0};
    for (int tries = 0; good && !is_settled && tries < MOST_TRIES; tries++) {
        struct run_processes before;
        forget(moment);
        good = run_processes_read(directory, run_id, &before, error) &&
               still_running_find(run_id, &before, &moment->running, error) &&
               run_processes_read(directory, run_id, &moment->processes, error);
        is_settled = good && moment->processes.count == before.count;
        run_processes_free(&before);
    }
    return good;
}

/* Looks until nothing runs any more, or for as long as there is patience. */
static bool wait_and_look(const char *directory, uint64_t run_id, struct moment *moment,
                          struct error *error)
{
    bool good = look(directory, run_id, moment, error);
    for (int waited = 0; good && moment->running.count > 0 && waited < PATIENCE_MS;
         waited += LOOK_MS) {
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
        forget(moment);
        good = look(directory, run_id, moment, error);
    }
    return good;
}

/* --- the dump in its place --- */

static void file_name(const struct run_process *process, const char *label,
                      char name[SNAPSHOT_NAME_BYTES])
{
    int length = snprintf(name, SNAPSHOT_NAME_BYTES, "hashtrack.%.80s",
                          *process->program ? path_base(process->program) : "unknown");
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-+._", *c))
            *c = '_';
    /* Snapshot 0, as older dumps of a number are called: one that still comes has its own name. */
    snprintf(name + length, SNAPSHOT_NAME_BYTES - (size_t)length, ".%d.0-%s" DUMP_SUFFIX,
             (int)process->pid, label);
}

static bool write_in_its_place(const char *directory, uint64_t run_id,
                               const struct run_process *process, const char *why,
                               struct error *error)
{
    char name[SNAPSHOT_NAME_BYTES];
    struct dump_contents contents = {0};
    bool tracked = process->state == RUN_PROCESS_NO_DUMP;
    const char *label = tracked ? "no-dump" : "untracked";
    dump_add_string(&contents, ""); /* offset 0: no string */
    struct dump_info info = {
        .pid = (uint32_t)process->pid,
        .reason = tracked ? DUMP_REASON_NO_DUMP : DUMP_REASON_UNTRACKED,
        .program = dump_add_string(&contents, process->program),
        .label = dump_add_string(&contents, label),
        .run_id = run_id,
    };
    dump_add(&contents, DUMP_SECTION_INFO, &info);
    struct dump_warning warning = {.text = dump_add_string(&contents, why)};
    dump_add(&contents, DUMP_SECTION_WARNINGS, &warning);
    file_name(process, label, name);
    int status = contents.short_of_memory ? -ENOMEM : dump_write(&contents, directory, name);
    dump_free(&contents);
    return status == 0 ||
           error_set(error, STATUS_BAD_DUMP,
                     "%s (pid %d) left no dump, and nothing that says so can be written into %s: "
                     "%s",
                     path_base(process->program), (int)process->pid, directory, strerror(-status));
}

/* As far as it is known; a clause behind "left no dump: " or "was not tracked: ". */
static void explain(const struct run_process *process, bool runs, char why[512])
{
    struct target target;
    struct error error;
    const char *reason;
    if (process->state == RUN_PROCESS_UNTRACKED) {
        bool is_path = process->program[0] == '/';
        if (is_path && !target_check(process->program, &target, &error) &&
            error.status == STATUS_UNTRACKABLE && (reason = strstr(error.text, "tracked: ")))
            snprintf(why, 512, "%s", reason + strlen("tracked: "));
        else
            snprintf(why, 512,
                     "started without LD_PRELOAD (as by env -i), or ended before its code began");
    } else if (process->error) {
        snprintf(why, 512, "its dump could not be written: %s", strerror(process->error));
    } else {
        snprintf(why, 512, "killed, crashed, or ended by a raw system call");
    }
    if (runs)
        snprintf(why, 512,
                 "it was still running when the run ended, and could not be looked at "
                 "from outside");
}

/* --- what still runs --- */

static bool look_from_outside(const char *directory, pid_t pid)
{
    char name[SNAPSHOT_NAME_BYTES];
    struct error reason; /* told by what is written in its place */
    struct outside_snapshot *outside = outside_snapshot_begin(pid, "still-running", &reason);
    bool done = outside && outside_snapshot_read(outside) &&
                remote_registry_is_current(pid, &outside->remote) &&
                outside_snapshot_write(outside, directory, name, &reason);
    outside_snapshot_free(outside);
    return done;
}

/* One line on stderr that names processes, the first of them at least. */
struct process_line {
    const char *begins, *ends;
    size_t count;
};

static void put_process(struct process_line *line, const char *name, pid_t pid)
{
    if (line->count++ >= MOST_NAMED)
        return;
    fputs(line->count == 1 ? line->begins : ", ", stderr);
    printable_put(stderr, *name ? name : "a process");
    fprintf(stderr, " (pid %d)", (int)pid);
}

/* Nothing, where no process was put. */
static void end_line(const struct process_line *line)
{
    if (line->count > MOST_NAMED)
        fprintf(stderr, " and %zu more", line->count - MOST_NAMED);
    if (line->count)
        fputs(line->ends, stderr);
}

/* Those that were looked at, or those that were not. */
static void tell_still_running(const struct still_running *running, const bool *was_seen,
                               bool wanted, const char *begins)
{
    struct process_line line = {begins, "; end it before the test ends\n", 0};
    for (size_t i = 0; i < running->count; i++)
        if (was_seen[i] == wanted)
            put_process(&line, running->list[i].name, running->list[i].pid);
    end_line(&line);
}

/* The process as the run knows it, or as far as its name goes. */
static struct run_process as_known(const struct moment *moment, size_t index)
{
    struct still_running_process *running = &moment->running.list[index];
    const struct run_process *known = run_processes_of(&moment->processes, running->pid);
    return known ? *known
                 : (struct run_process){.pid = running->pid,
                                        .state = RUN_PROCESS_UNTRACKED,
                                        .program = running->name};
}

/* It may have ended since it was seen to run. */
static bool has_dumped(const char *directory, uint64_t run_id, pid_t pid)
{
    struct run_processes processes;
    struct error reason; /* told when the same is read the next time */
    const struct run_process *process = run_processes_read(directory, run_id, &processes, &reason)
                                            ? run_processes_of(&processes, pid)
                                            : NULL;
    bool dumped = process && process->state == RUN_PROCESS_DUMPED;
    run_processes_free(&processes);
    return dumped;
}

static bool note_running(const char *directory, uint64_t run_id, const struct moment *moment,
                         struct error *error)
{
    bool *was_seen = calloc(moment->running.count + 1, sizeof(*was_seen));
    bool good = was_seen || error_no_memory(error, NULL);
    for (size_t i = 0; i < moment->running.count && good; i++) {
        char why[512];
        struct run_process process = as_known(moment, i);
        was_seen[i] =
            look_from_outside(directory, process.pid) || has_dumped(directory, run_id, process.pid);
        explain(&process, true, why);
        good = was_seen[i] || write_in_its_place(directory, run_id, &process, why, error);
    }
    if (good) {
        tell_still_running(&moment->running, was_seen, true,
                           "hashtrack: still running, so checked as it is now, not at its end: ");
        tell_still_running(&moment->running, was_seen, false,
                           "hashtrack: still running, and not looked at: ");
    }
    free(was_seen);
    return good;
}

/* It ended without a dump, and is not the program of the run, of which that is said apart. */
static bool is_unseen(const struct moment *moment, const struct run_identity *run,
                      const struct run_process *process)
{
    return process->state != RUN_PROCESS_DUMPED && process->pid != run->pid &&
           !still_running_has(&moment->running, process->pid);
}

bool unseen_note(const char *directory, const struct run_identity *run, struct error *error)
{
    struct moment moment;
    bool good = wait_and_look(directory, run->id, &moment, error) &&
                note_running(directory, run->id, &moment, error);
    for (size_t i = 0; i < moment.processes.count && good; i++) {
        const struct run_process *process = &moment.processes.list[i];
        char why[512];
        if (!is_unseen(&moment, run, process))
            continue;
        explain(process, false, why);
        good = write_in_its_place(directory, run->id, process, why, error);
    }
    forget(&moment);
    return good;
}

void unseen_tell(const char *directory, const struct run_identity *run)
{
    struct moment moment;
    struct error error;
    struct process_line line = {"hashtrack: ended without a dump, so not in any report: ", "\n", 0};
    struct process_line runs = {
        "hashtrack: still running: ", "; hashtrack snapshot PID shows it as it is now\n", 0};
    if (!look(directory, run->id, &moment, &error))
        error_print(&error);
    for (size_t i = 0; i < moment.processes.count; i++) {
        const struct run_process *process = &moment.processes.list[i];
        if (is_unseen(&moment, run, process))
            put_process(&line, path_base(process->program), process->pid);
    }
    end_line(&line);
    for (size_t i = 0; i < moment.running.count; i++)
        put_process(&runs, moment.running.list[i].name, moment.running.list[i].pid);
    end_line(&runs);
    forget(&moment);
}
