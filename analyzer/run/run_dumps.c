/*
 * The dumps of a run: every one carries the number that `run` gave it in HASHTRACK_RUN_ID, those of
 * children too. Whose a dump is and whether it was the last is told by its name
 * (hashtrack.<program>.<pid>.htd, hashtrack.<program>.<pid>.<n>-<label>.htd). The program's name is
 * not compared: a process that calls exec ends under another one.
 */
#include "run_dumps.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dump_info.h"

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

/* A dump that cannot be read says nothing of its run: then its time has to do, so that a damaged
 * one is named and not passed over. */
static bool is_of_run(int directory, const char *name, const struct timespec *at,
                      const struct run_identity *run)
{
    struct dump_info info;
    if (dump_info_read(directory, name, &info))
        return info.run_id == run->id;
    return !is_before(at, &run->started);
}

static bool keep_path(struct run_dumps *dumps, const char *directory, const char *name)
{
    char **more = realloc(dumps->paths, (dumps->count + 1) * sizeof(*more));
    if (more == NULL)
        return false;
    dumps->paths = more;
    if (asprintf(&dumps->paths[dumps->count], "%s/%s", directory, name) < 0)
        return false;
    dumps->count++;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool run_dumps_find(const char *directory, const struct run_identity *run, struct run_dumps *dumps,
                    struct error *error)
{
    memset(dumps, 0, sizeof(*dumps));
    DIR *listing = opendir(directory);
    if (listing == NULL)
        return error_set(error, STATUS_BAD_DUMP, "%s: %s", directory, strerror(errno));
    struct newest final = {.path = dumps->final}, snapshot = {.path = dumps->snapshot};
    size_t finals = 0;
    bool kept = true;
    for (struct dirent *entry = readdir(listing); entry != NULL && kept; entry = readdir(listing)) {
        long owner;
        struct stat status;
        enum dump_kind kind = parse_name(entry->d_name, &owner);
        if (kind == NOT_A_DUMP ||
            fstatat(dirfd(listing), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode) ||
            !is_of_run(dirfd(listing), entry->d_name, &status.st_mtim, run))
            continue;
        kept = keep_path(dumps, directory, entry->d_name);
        finals += kind == FINAL_DUMP;
        if (owner == run->pid)
            keep_newest(kind == FINAL_DUMP ? &final : &snapshot, directory, entry->d_name,
                        &status.st_mtim);
    }
    closedir(listing);
    if (!kept)
        return error_no_memory(error, directory);
    qsort(dumps->paths, dumps->count, sizeof(*dumps->paths), by_name);
    dumps->snapshots = dumps->count - finals;
    dumps->others = finals - (dumps->final[0] != '\0' ? 1 : 0);
    return true;
}

void run_dumps_free(struct run_dumps *dumps)
{
    for (size_t i = 0; i < dumps->count; i++)
        free(dumps->paths[i]);
    free(dumps->paths);
    memset(dumps, 0, sizeof(*dumps));
}
