/* The dumps that the user named: see dump_paths.h. */
#include "dump_paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dump_format.h"

static bool add(struct dump_paths *found, char *path, struct error *error)
{
    char **more = path ? realloc(found->paths, (found->count + 1) * sizeof(*more)) : NULL;
    if (!more) {
        free(path);
        return error_no_memory(error, NULL);
    }
    found->paths = more;
    found->paths[found->count++] = path;
    return true;
}

static int is_dump(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = strlen(DUMP_SUFFIX);
    return length > suffix && strcmp(entry->d_name + length - suffix, DUMP_SUFFIX) == 0;
}

static bool add_directory(struct dump_paths *found, const char *name, struct error *error)
{
    struct dirent **entries;
    /* By the numbers in the names: the tenth snapshot after the ninth. */
    int count = scandir(name, &entries, is_dump, versionsort);
    if (count < 0)
        return error_set(error, STATUS_BAD_DUMP, "%s: %s", name, strerror(errno));
    bool added = count > 0 || error_set(error, STATUS_BAD_DUMP,
                                        "%s: no dump (*" DUMP_SUFFIX ") in this directory", name);
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] == '/') /* "dumps/" as the shell completes it */
        length--;
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (added && asprintf(&path, "%.*s/%s", (int)length, name, entries[i]->d_name) < 0)
            path = NULL;
        added = added && add(found, path, error);
        free(entries[i]);
    }
    free(entries);
    return added;
}

bool dump_paths_find(const char **names, size_t count, struct dump_paths *found,
                     struct error *error)
{
    *found = (struct dump_paths){0};
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        bool directory = stat(names[i], &status) == 0 && S_ISDIR(status.st_mode);
        if (!(directory ? add_directory(found, names[i], error)
                        : add(found, strdup(names[i]), error))) {
            dump_paths_free(found);
            return false;
        }
    }
    return true;
}

void dump_paths_free(struct dump_paths *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->paths[i]);
    free(found->paths);
    *found = (struct dump_paths){0};
}
