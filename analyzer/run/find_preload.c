/*
 * Finding the library to preload, and making sure that the loader can be told of it: LD_PRELOAD is
 * a list with colons and spaces between its entries, and ld.so skips what it cannot load with no
 * more than a line on stderr.
 */
#include "find_preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_facts.h"

/* HASHTRACK_LIBRARY is where meson installs the library; meson.build defines it. */

static bool check_library(const char *path, struct error *error)
{
    struct elf_facts facts;
    const char *why = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return error_set(error, STATUS_UNTRACKABLE, "cannot load %s: %s", path, strerror(errno));
    bool readable = elf_facts_read(file, &facts, &why);
    close(file);
    if (!readable)
        return error_set(error, STATUS_UNTRACKABLE, "cannot load %s: %s", path, why);
    if (!facts.same_machine)
        return error_set(error, STATUS_UNTRACKABLE,
                         "cannot load %s: it is built for another architecture", path);
    if (strpbrk(path, ": ") != NULL)
        return error_set(error, STATUS_UNTRACKABLE,
                         "cannot load %s: LD_PRELOAD takes no path with a colon or a space", path);
    return true;
}

/* In a build tree the command is analyzer/hashtrack and the library preload/libhashtrack.so. */
static bool in_build_tree(char *path)
{
    char command[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", command, sizeof(command) - 1);
    if (length <= 0)
        return false;
    command[length] = '\0';
    char *slash = strrchr(command, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    char candidate[PATH_MAX + 64];
    snprintf(candidate, sizeof(candidate), "%s/../preload/libhashtrack.so", command);
    return realpath(candidate, path) != NULL;
}

bool find_preload(const char *given, char *path, struct error *error)
{
    const char *named = given != NULL ? given : getenv("HASHTRACK_PRELOAD");
    if (named != NULL && named[0] != '\0') {
        if (realpath(named, path) == NULL)
            return error_set(error, STATUS_USAGE, "cannot load %s: %s", named, strerror(errno));
    } else if (!in_build_tree(path) && realpath(HASHTRACK_LIBRARY, path) == NULL) {
        return error_set(error, STATUS_UNTRACKABLE,
                         "cannot find libhashtrack.so: not in %s and not in a build tree; name it "
                         "with --preload",
                         HASHTRACK_LIBRARY);
    }
    return check_library(path, error);
}
