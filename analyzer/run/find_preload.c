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
#include <sys/auxv.h>
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

/* NULL: nothing. */
static const char *named_by_user(const char *given)
{
    const char *named = given != NULL ? given : getenv("HASHTRACK_PRELOAD");
    return named != NULL && named[0] != '\0' ? named : NULL;
}

bool find_preload(const char *given, char *path, struct error *error)
{
    const char *named = named_by_user(given);
    if (named != NULL) {
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

/* The loader of 32-bit programs, whose place is part of their interface. Without it there are none
 * that preload anything, and the plain path, in which no shell finds a dollar, is the better one.
 */
#define LOADER_OF_32 "/lib/ld-linux.so.2"

/* What the loaders put for $PLATFORM (preload/platforms/meson.build). */
static const char *const platforms_of_64[] = {"x86_64", "haswell", "xeon_phi"};

/* Whether `directory` has the library for whatever this system's loader may put. */
static bool has_each_platform(const char *directory, const char *library)
{
    const char *platform = (const char *)getauxval(AT_PLATFORM);
    char link[2 * PATH_MAX], path[PATH_MAX];
    if (platform == NULL || strcmp(platform, platforms_of_64[0]) != 0)
        return false;
    for (size_t i = 0; i < sizeof(platforms_of_64) / sizeof(platforms_of_64[0]); i++) {
        snprintf(link, sizeof(link), "%s/libhashtrack-%s.so", directory, platforms_of_64[i]);
        if (realpath(link, path) == NULL || strcmp(path, library) != 0)
            return false;
    }
    return true;
}

void preload_name(const char *given, const char *path, char *name)
{
    /* In a build tree, and where it is installed. */
    static const char *const places[] = {"platforms", "hashtrack/platforms"};
    const char *slash = strrchr(path, '/');
    snprintf(name, PATH_MAX, "%s", path);
    if (named_by_user(given) != NULL || slash == NULL || access(LOADER_OF_32, F_OK) != 0)
        return;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char directory[PATH_MAX + 32];
        snprintf(directory, sizeof(directory), "%.*s/%s", (int)(slash - path), path, places[i]);
        if (strlen(directory) + sizeof("/libhashtrack-$PLATFORM.so") <= PATH_MAX &&
            has_each_platform(directory, path)) {
            snprintf(name, PATH_MAX, "%s/libhashtrack-$PLATFORM.so", directory);
            return;
        }
    }
}
