/*
 * What a run left running: see still_running.h. A number alone is no proof, for it may be another
 * process's by now: the process must have the number of the run in /proc/PID/environ, or, where it
 * was started with another environment, the name of the program that it is known to have become.
 */
#include "still_running.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path_base.h"

/* The kernel keeps that many characters of a process's name (linux/sched.h, TASK_COMM_LEN - 1). */
#define PROCESS_NAME_LENGTH 15

/* Whether a process was started with `setting` (NAME=VALUE) in its environment. */
static bool was_started_with(pid_t pid, const char *setting)
{
    char path[64], *variable = NULL;
    size_t size = 0;
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false; /* of another user, or gone */
    while (!found && getdelim(&variable, &size, '\0', file) > 0)
        found = strcmp(variable, setting) == 0;
    free(variable);
    fclose(file);
    return found;
}

/* Its name; false when it has ended, which one that nobody has waited for has, too. */
static bool name_of(pid_t pid, char name[32])
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    bool read = file && fgets(line, sizeof(line), file);
    if (file)
        fclose(file);
    /* "PID (name) S ...": the name may hold anything, brackets too. */
    char *begin = read ? strchr(line, '(') : NULL;
    char *end = begin ? strrchr(begin, ')') : NULL;
    if (!end || strlen(end) < 3 || end[2] == 'Z' || end[2] == 'X')
        return false;
    snprintf(name, 32, "%.*s", (int)(end - begin - 1), begin + 1);
    return true;
}

static bool add(struct still_running *running, pid_t pid, const char *name, struct error *error)
{
    struct still_running_process *more =
        realloc(running->list, (running->count + 1) * sizeof(*more));
    if (!more)
        return error_no_memory(error, NULL);
    running->list = more;
    more[running->count] = (struct still_running_process){.pid = pid};
    snprintf(more[running->count++].name, sizeof(more->name), "%s", name);
    return true;
}

const struct still_running_process *still_running_has(const struct still_running *running,
                                                      pid_t pid)
{
    for (size_t i = 0; i < running->count; i++)
        if (running->list[i].pid == pid)
            return &running->list[i];
    return NULL;
}

/* It has written its last dump and is on its way out. */
static bool is_done(const struct run_processes *processes, pid_t pid)
{
    const struct run_process *process = run_processes_of(processes, pid);
    return process && process->state == RUN_PROCESS_DUMPED;
}

static bool find_by_environment(const char *setting, const struct run_processes *processes,
                                struct still_running *running, struct error *error)
{
    DIR *listing = opendir("/proc");
    bool good = true;
    if (!listing)
        return error_set(error, STATUS_BAD_DUMP, "what is still running is not known: /proc: %m");
    for (struct dirent *entry = readdir(listing); entry && good; entry = readdir(listing)) {
        char name[32];
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (was_started_with(pid, setting) && !is_done(processes, pid) && name_of(pid, name))
            good = add(running, pid, name, error);
    }
    closedir(listing);
    return good;
}

bool still_running_find(uint64_t run_id, const struct run_processes *processes,
                        struct still_running *running, struct error *error)
{
    char setting[48];
    *running = (struct still_running){0};
    snprintf(setting, sizeof(setting), "HASHTRACK_RUN_ID=%016" PRIx64, run_id);
    bool good = find_by_environment(setting, processes, running, error);
    for (size_t i = 0; i < processes->count && good; i++) {
        const struct run_process *process = &processes->list[i];
        char name[32];
        if (process->state != RUN_PROCESS_UNTRACKED || still_running_has(running, process->pid) ||
            !name_of(process->pid, name) ||
            strncmp(name, path_base(process->program), PROCESS_NAME_LENGTH) != 0)
            continue;
        good = add(running, process->pid, name, error);
    }
    return good;
}

void still_running_free(struct still_running *running)
{
    free(running->list);
    *running = (struct still_running){0};
}
