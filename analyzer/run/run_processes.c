/*
 * From what the processes of a run have noted to what became of each: see run_processes.h.
 *
 * The records of one process stand in the order of its life, those of several between each other.
 * A number that is used again belongs to a process that began when the first one had ended.
 */
#include "run_processes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process_log.h"

/* Where no file system has room any more, the first so many records still find theirs. */
#define RESERVED_BYTES ((off_t)256 * 1024)

static bool make_path(const char *directory, uint64_t run_id, char path[PATH_MAX])
{
    char name[PROCESS_LOG_NAME_BYTES];
    process_log_name(run_id, name);
    return snprintf(path, PATH_MAX, "%s/%s", directory, name) < PATH_MAX;
}

bool run_processes_begin(const char *directory, uint64_t run_id, struct error *error)
{
    char path[PATH_MAX];
    if (!make_path(directory, run_id, path))
        return error_set(error, STATUS_USAGE, "%s: the path is too long", directory);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return error_set(error, STATUS_USAGE, "cannot write dumps into %s: %s", directory,
                         strerror(errno));
    /* A file system that cannot reserve is as good as one that need not. */
    (void)fallocate(file, FALLOC_FL_KEEP_SIZE, 0, RESERVED_BYTES);
    close(file);
    return true;
}

void run_processes_end(const char *directory, uint64_t run_id)
{
    char path[PATH_MAX];
    if (make_path(directory, run_id, path))
        unlink(path); /* when it is gone already, that is said by run_processes_read() */
}

/* --- from records to processes --- */

struct note {
    const struct process_record *record;
    size_t order;
};

static int by_pid_then_order(const void *left, const void *right)
{
    const struct note *a = left, *b = right;
    if (a->record->pid != b->record->pid)
        return a->record->pid < b->record->pid ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

/* What is known of one process while its records are followed. */
struct life {
    enum run_process_state state, before; /* `before` it tried to become another program */
    const char *program, *program_before;
    int error;
};

static void follow(struct life *life, const struct process_record *record)
{
    switch ((enum process_event)record->event) {
    case PROCESS_STARTED:
    case PROCESS_FORKED:
        *life = (struct life){.state = RUN_PROCESS_NO_DUMP, .program = record->path};
        break;
    case PROCESS_REPLACING:
        life->before = life->state;
        life->program_before = life->program;
        life->state = RUN_PROCESS_UNTRACKED;
        life->program = record->path;
        break;
    case PROCESS_NOT_REPLACED:
        life->state = life->before;
        life->program = life->program_before;
        break;
    case PROCESS_SPAWNED: /* counts only where the process has said nothing itself */
        if (!life->program) {
            life->state = RUN_PROCESS_UNTRACKED;
            life->program = record->path;
        }
        break;
    case PROCESS_DUMPED:
    case PROCESS_AS_FORKED:
        life->state = RUN_PROCESS_DUMPED;
        break;
    case PROCESS_NOT_DUMPED:
        life->state = RUN_PROCESS_NO_DUMP;
        life->error = (int)record->error;
        break;
    }
}

/* A child of vfork() whose exec failed has said that it would become a program and that it has not,
 * and was never anything else. */
static bool add(struct run_processes *processes, uint32_t pid, const struct life *life)
{
    if (!life->program)
        return true;
    struct run_process *process = &processes->list[processes->count];
    *process = (struct run_process){
        .pid = (pid_t)pid,
        .state = life->state,
        .error = life->error,
        .program = strdup(life->program),
    };
    processes->count += process->program != NULL;
    return process->program != NULL;
}

static bool understand(const struct process_record *records, size_t count,
                       struct run_processes *processes, struct error *error)
{
    struct note *notes = calloc(count + 1, sizeof(*notes));
    processes->list = calloc(count + 1, sizeof(*processes->list));
    bool good = notes && processes->list;
    for (size_t i = 0; good && i < count; i++)
        notes[i] = (struct note){&records[i], i};
    if (good && count)
        qsort(notes, count, sizeof(*notes), by_pid_then_order);
    for (size_t i = 0; good && i < count;) {
        struct life life = {.state = RUN_PROCESS_DUMPED};
        uint32_t pid = notes[i].record->pid;
        for (; i < count && notes[i].record->pid == pid; i++)
            follow(&life, notes[i].record);
        good = add(processes, pid, &life);
    }
    free(notes);
    return good || error_no_memory(error, NULL);
}

static bool are_records(const struct process_record *records, size_t bytes)
{
    if (bytes % sizeof(*records) != 0)
        return false;
    for (size_t i = 0; i < bytes / sizeof(*records); i++)
        if (records[i].magic != PROCESS_LOG_MAGIC || records[i].event < PROCESS_STARTED ||
            records[i].event > PROCESS_AS_FORKED ||
            !memchr(records[i].path, '\0', sizeof(records[i].path)))
            return false;
    return true;
}

/* The whole file, malloc'ed; NULL with *error. */
static struct process_record *read_records(const char *path, size_t *bytes, struct error *error)
{
    struct stat status;
    FILE *file = fopen(path, "re");
    bool known = file && fstat(fileno(file), &status) == 0;
    struct process_record *records = known ? malloc((size_t)status.st_size + 1) : NULL;
    if (!records)
        error_set(error, STATUS_BAD_DUMP, "which processes the run had is not known: %s: %s", path,
                  strerror(errno));
    else
        *bytes = fread(records, 1, (size_t)status.st_size, file);
    if (file)
        fclose(file);
    return records;
}

bool run_processes_read(const char *directory, uint64_t run_id, struct run_processes *processes,
                        struct error *error)
{
    char path[PATH_MAX];
    size_t bytes = 0;
    *processes = (struct run_processes){0};
    if (!make_path(directory, run_id, path))
        return error_set(error, STATUS_BAD_DUMP, "%s: the path is too long", directory);
    struct process_record *records = read_records(path, &bytes, error);
    if (!records)
        return false;
    bool good = are_records(records, bytes)
                    ? understand(records, bytes / sizeof(*records), processes, error)
                    : error_set(error, STATUS_BAD_DUMP,
                                "which processes the run had is not known: %s is damaged", path);
    free(records);
    return good;
}

const struct run_process *run_processes_of(const struct run_processes *processes, pid_t pid)
{
    for (size_t i = 0; i < processes->count; i++)
        if (processes->list[i].pid == pid)
            return &processes->list[i];
    return NULL;
}

void run_processes_free(struct run_processes *processes)
{
    for (size_t i = 0; i < processes->count; i++)
        free(processes->list[i].program);
    free(processes->list);
    *processes = (struct run_processes){0};
}
