/*
 * What a run left running, by the number of the run in /proc/PID/environ: see still_running.h.
 */
#include "still_running.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"

#define MOST_NAMED 5u

/* Whether a process was started with `setting` (NAME=VALUE) in its environment. */
static bool was_started_with(const char *pid, const char *setting)
{
    char path[64], *variable = NULL;
    size_t size = 0;
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%.20s/environ", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false; /* of another user, or gone */
    while (!found && getdelim(&variable, &size, '\0', file) > 0)
        found = strcmp(variable, setting) == 0;
    free(variable);
    fclose(file);
    return found;
}

static void put_name(FILE *out, const char *pid)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        if (fgets(name, sizeof(name), file))
            name[strcspn(name, "\n")] = '\0';
        fclose(file);
    }
    printable_put(out, *name ? name : "a process");
    fprintf(out, " (pid %s)", pid);
}

size_t tell_still_running(uint64_t id)
{
    char setting[48];
    size_t count = 0;
    DIR *processes = opendir("/proc");
    if (!processes)
        return 0;
    snprintf(setting, sizeof(setting), "HASHTRACK_RUN_ID=%016" PRIx64, id);
    for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes)) {
        if (!isdigit((unsigned char)entry->d_name[0]) || !was_started_with(entry->d_name, setting))
            continue;
        if (count++ < MOST_NAMED) {
            fputs(count == 1 ? "hashtrack: still running, so not checked: " : ", ", stderr);
            put_name(stderr, entry->d_name);
        }
    }
    closedir(processes);
    if (count > MOST_NAMED)
        fprintf(stderr, " and %zu more", count - MOST_NAMED);
    if (count)
        fputs("; end it before the test ends, or check its dump later\n", stderr);
    return count;
}
