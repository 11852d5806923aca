/*
 * The dumps of a run, told by name (hashtrack.<program>.<pid>.htd,
 * hashtrack.<program>.<pid>.<n>-<label>.htd) and by time: an older run may have had the same
 * process number. The program's name is not compared: a process that calls exec ends under another
 * one.
 */
#include "run_dumps.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dump_format.h"

enum dump_kind { NOT_A_DUMP, FINAL_DUMP, SNAPSHOT_DUMP };

static size_t digits_at(const char *text)
{
    size_t count = 0;
    while (isdigit((unsigned char)text[count]))
        count++;
    return count;
}

/* A snapshot's name has .<pid>.<n>- somewhere; the names of programs may hold dots and numbers too
 * (python3.11), but not that. Otherwise .<pid> is the last part. */
static enum dump_kind parse_name(const char *name, long *pid)
{
    size_t length = strlen(name);
    size_t suffix = sizeof(DUMP_SUFFIX) - 1;
    if (strncmp(name, "hashtrack.", 10) != 0 || length <= suffix + 10 ||
        strcmp(name + length - suffix, DUMP_SUFFIX) != 0)
        return NOT_A_DUMP;

    const char *end = name + length - suffix;
    for (const char *dot = strchr(name, '.'); dot != NULL && dot < end;
         dot = strchr(dot + 1, '.')) {
        size_t digits = digits_at(dot + 1);
        const char *after = dot + 1 + digits;
        if (digits == 0)
            continue;
        *pid = strtol(dot + 1, NULL, 10);
        if (after == end)
            return FINAL_DUMP;
        size_t ordinal = *after == '.' ? digits_at(after + 1) : 0;
        if (ordinal > 0 && after[1 + ordinal] == '-')
            return SNAPSHOT_DUMP;
    }
    return NOT_A_DUMP;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

struct newest {
    struct timespec at;
    char *path;
};

static void keep_newest(struct newest *newest, const char *directory, const char *name,
                        const struct timespec *at)
{
    if (newest->path[0] != '\0' && is_before(at, &newest->at))
        return;
    newest->at = *at;
    if (snprintf(newest->path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        newest->path[0] = '\0';
}

void run_dumps_find(const char *directory, pid_t pid, const struct timespec *started,
                    struct run_dumps *dumps)
{
    memset(dumps, 0, sizeof(*dumps));
    DIR *listing = opendir(directory);
    if (listing == NULL)
        return;
    struct newest final = {.path = dumps->final}, snapshot = {.path = dumps->snapshot};
    size_t finals = 0;
    for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        long owner;
        struct stat status;
        enum dump_kind kind = parse_name(entry->d_name, &owner);
        if (kind == NOT_A_DUMP ||
            fstatat(dirfd(listing), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode) || is_before(&status.st_mtim, started))
            continue;
        if (kind == SNAPSHOT_DUMP) {
            if (owner == pid)
                keep_newest(&snapshot, directory, entry->d_name, &status.st_mtim);
            continue;
        }
        finals++;
        if (owner == pid)
            keep_newest(&final, directory, entry->d_name, &status.st_mtim);
    }
    closedir(listing);
    dumps->others = finals - (dumps->final[0] != '\0' ? 1 : 0);
}
