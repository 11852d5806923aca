/* A file that is replaced whole or not at all: see atomic_file.h. */
#include "atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget(struct atomic_file *file)
{
    free(file->path);
    free(file->target);
    free(file->temporary);
    *file = (struct atomic_file){0};
}

static bool cannot_write(const char *path, int why, struct error *error)
{
    return error_set(error, STATUS_USAGE, "cannot write %s: %s", path, strerror(why));
}

/* A new file as open(2) would make it; one that replaces another keeps its mode. */
static mode_t mode_of_new(const struct stat *old)
{
    if (old)
        return old->st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int make_temporary(struct atomic_file *file, const struct stat *old)
{
    if (asprintf(&file->temporary, "%s.XXXXXX", file->target) < 0) {
        file->temporary = NULL;
        return -1;
    }
    int descriptor = mkostemp(file->temporary, O_CLOEXEC);
    if (descriptor < 0) {
        free(file->temporary);
        file->temporary = NULL;
        return -1;
    }
    /* mkstemp() makes it for its owner only. A file system without modes refuses; then so be it. */
    if (fchmod(descriptor, mode_of_new(old)) != 0 && errno != EPERM && errno != ENOTSUP) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

bool atomic_file_open(const char *path, struct atomic_file *file, struct error *error)
{
    struct stat status;
    bool exists = stat(path, &status) == 0;
    int why = exists ? 0 : errno;
    *file = (struct atomic_file){.path = strdup(path)};
    if (why != 0 && why != ENOENT) {
        forget(file);
        return cannot_write(path, why, error);
    }
    file->target = exists ? realpath(path, NULL) : strdup(path);
    int descriptor = -1;
    if (!file->path || !file->target)
        descriptor = -1;
    else if (exists && S_ISDIR(status.st_mode))
        errno = EISDIR;
    else if (exists && !S_ISREG(status.st_mode))
        descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    else
        descriptor = make_temporary(file, exists ? &status : NULL);
    why = errno;
    file->out = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (file->out)
        return true;
    if (descriptor >= 0)
        close(descriptor);
    if (file->temporary)
        unlink(file->temporary);
    forget(file);
    return cannot_write(path, why, error);
}

/* The rename itself lasts only when its directory is on the disk; where that cannot be synced the
 * file is in its place all the same. */
static void sync_directory(const char *target)
{
    char *directory = strdup(target);
    char *slash = directory ? strrchr(directory, '/') : NULL;
    if (slash)
        slash[slash == directory ? 1 : 0] = '\0';
    int descriptor = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(directory);
}

bool atomic_file_commit(struct atomic_file *file, struct error *error)
{
    errno = 0;
    bool good = fflush(file->out) == 0 && !ferror(file->out);
    int why = errno ? errno : EIO;
    if (good && file->temporary && fsync(fileno(file->out)) != 0) {
        good = false;
        why = errno;
    }
    if (fclose(file->out) != 0 && good) {
        good = false;
        why = errno;
    }
    if (good && file->temporary && rename(file->temporary, file->target) != 0) {
        good = false;
        why = errno;
    }
    if (!good && file->temporary)
        unlink(file->temporary);
    if (good && file->temporary)
        sync_directory(file->target);
    if (!good)
        cannot_write(file->path, why, error);
    forget(file);
    return good;
}

void atomic_file_discard(struct atomic_file *file)
{
    if (file->out)
        fclose(file->out);
    if (file->temporary)
        unlink(file->temporary);
    forget(file);
}
