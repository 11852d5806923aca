/*
 * Names of dumps: see dump_place.h. Touches files only.
 */
#include "dump_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "dump_format.h"
#include "file.h"

/* How many processes can write a dump of one name at once. */
#define TEMPORARY_NAMES 256u

/* How many dumps of one name and one time are kept: file systems stamp files with the time of the
 * last timer tick (up to 10 ms ago), in which many processes can begin and end. Also how often
 * another process may take the name before us. */
#define SAME_TIME_TRIES 1024u

/* Milliseconds until a file of two names is what it seems: a hard link that somebody made. */
#define MOVE_WAITS 50u

#define SECONDS_DIGITS        10 /* until the year 2286 */
#define NANOSECONDS_DIGITS    9
#define NANOSECONDS_IN_SECOND 1000000000u

#define LONGEST_ADDITION 32 /* characters that a temporary or a kept name is longer */

static char *append_digits(char *at, uint64_t number, unsigned width)
{
    for (unsigned i = width; i > 0; i--, number /= 10)
        at[i - 1] = (char)('0' + number % 10);
    return at + width;
}

bool dump_place_name(struct dump_place *place, const char *directory, const char *name)
{
    size_t directory_length = strlen(directory);
    size_t name_length = strlen(name);
    if (directory_length + name_length + LONGEST_ADDITION > PATH_MAX)
        return false;
    memcpy(place->path, directory, directory_length);
    place->path[directory_length] = '/';
    memcpy(place->path + directory_length + 1, name, name_length + 1);
    return true;
}

/* The first one is plain, for it is the only one nearly always. */
static void name_temporary(struct dump_place *place, unsigned number)
{
    size_t length = strlen(place->path);
    size_t name_at = (size_t)(strrchr(place->path, '/') + 1 - place->path);
    char *at = place->temporary;
    memcpy(at, place->path, name_at);
    at += name_at;
    *at++ = '.';
    memcpy(at, place->path + name_at, length - name_at);
    at += length - name_at;
    if (number > 0) {
        *at++ = '.';
        at = append_digits(at, number, 3);
    }
    memcpy(at, ".tmp", sizeof(".tmp"));
}

static bool is_seen_named(int fd, const char *path)
{
    struct stat opened, named;
    return system_call(SYS_newfstatat, fd, "", &opened, AT_EMPTY_PATH) == 0 &&
           system_call(SYS_newfstatat, AT_FDCWD, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Whether the file has that name, and is not gone. Asked once more where it seems not to: a call
 * that fails would leave what was just created. */
static bool is_named(int fd, const char *path)
{
    return is_seen_named(fd, path) || is_seen_named(fd, path);
}

/* Not what another thread of the program opened, which closed ours in the middle of file_open. */
static long lock_named(int fd, const char *path)
{
    return is_named(fd, path) ? system_call(SYS_flock, fd, LOCK_EX | LOCK_NB, 0, 0) : -EWOULDBLOCK;
}

/* Removes what has the temporary name, unless somebody is writing it: it was left by a process that
 * died here and had our number, or is no file of ours, such as a link. Only the holder of a file's
 * lock may take its name from it, so what was seen under the lock stays true. False when the name
 * is in use. */
static bool remove_leftover(const char *temporary)
{
    int fd = file_open(temporary, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd == -ELOOP)
        return system_call(SYS_unlinkat, AT_FDCWD, temporary, 0, 0) == 0;
    if (fd < 0)
        return fd == -ENOENT;
    bool is_removed = lock_named(fd, temporary) == 0 && is_named(fd, temporary) &&
                      system_call(SYS_unlinkat, AT_FDCWD, temporary, 0, 0) == 0;
    file_close(fd);
    return is_removed;
}

/* -EAGAIN when somebody took it for a leftover before it had its lock. A file system without locks
 * refuses them to all, so that nothing is taken for a leftover on it. */
static int create_locked(const char *temporary)
{
    int fd = file_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fd;
    if (lock_named(fd, temporary) != -EWOULDBLOCK && is_named(fd, temporary))
        return fd;
    file_close(fd);
    return -EAGAIN;
}

int dump_place_create(struct dump_place *place)
{
    int fd = -EEXIST;
    for (unsigned i = 0; i < TEMPORARY_NAMES && (fd == -EEXIST || fd == -EAGAIN); i++) {
        name_temporary(place, i);
        fd = create_locked(place->temporary);
        if (fd == -EEXIST && remove_leftover(place->temporary))
            fd = create_locked(place->temporary);
    }
    return fd;
}

static long rename_to_new(const char *from, const char *to)
{
    return system_call6(SYS_renameat2, AT_FDCWD, (long)from, AT_FDCWD, (long)to, RENAME_NOREPLACE,
                        0);
}

static bool knows_no_flags(long result)
{
    return result == -EINVAL || result == -ENOSYS;
}

/* -EEXIST when something has the name. NFS and others know no flags of a rename, but links; vfat
 * neither, so that on it the dump of a process that does the same in the same moment is lost. */
static long take_name(const struct dump_place *place)
{
    long result = rename_to_new(place->temporary, place->path);
    if (!knows_no_flags(result))
        return result;
    result = system_call6(SYS_linkat, AT_FDCWD, (long)place->temporary, AT_FDCWD, (long)place->path,
                          0, 0);
    if (result == 0)
        return system_call(SYS_unlinkat, AT_FDCWD, place->temporary, 0, 0);
    if (result != -EPERM && result != -EOPNOTSUPP && result != -ENOSYS)
        return result;
    struct stat status;
    if (system_call(SYS_newfstatat, AT_FDCWD, place->path, &status, AT_SYMLINK_NOFOLLOW) == 0)
        return -EEXIST;
    return dump_place_replace(place);
}

/* -EEXIST when something has the new name. Not by a link, which two processes can make of the same
 * dump: the second one to remove the old name would remove what has it since. */
static long give_new_name(const struct dump_place *place)
{
    long result = rename_to_new(place->path, place->kept);
    if (!knows_no_flags(result))
        return result;
    int fd = file_open(place->kept, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fd;
    file_close(fd);
    result = system_call(SYS_renameat, AT_FDCWD, place->path, AT_FDCWD, place->kept);
    if (result != 0)
        system_call(SYS_unlinkat, AT_FDCWD, place->kept, 0, 0);
    return result;
}

enum older {
    OLDER_GONE,  /* renamed by us, or by another process */
    OLDER_MOVES, /* it may be that another process is just giving it its name by a link */
    OLDER_STAYS, /* no dump of ours, or it cannot be renamed */
};

/* Renames an older dump: PATH.htd becomes PATH.0-SECONDS.NANOSECONDS.htd, for a final dump is
 * snapshot number 0; a nanosecond later where that name is taken. A link, or a file that has
 * another name as well, is not a dump of ours. */
static enum older keep_older(struct dump_place *place, bool is_final)
{
    struct stat status;
    long result = system_call(SYS_newfstatat, AT_FDCWD, place->path, &status, AT_SYMLINK_NOFOLLOW);
    if (result != 0)
        return result == -ENOENT ? OLDER_GONE : OLDER_STAYS;
    if (!S_ISREG(status.st_mode) || status.st_nlink > 2 || status.st_mtim.tv_sec < 0)
        return OLDER_STAYS;
    if (status.st_nlink != 1)
        return OLDER_MOVES;
    size_t length = strlen(place->path) - (sizeof(DUMP_SUFFIX) - 1);
    memcpy(place->kept, place->path, length);
    char *time = place->kept + length;
    if (is_final) {
        memcpy(time, ".0", 2);
        time += 2;
    }
    *time++ = '-';
    uint64_t seconds = (uint64_t)status.st_mtim.tv_sec;
    uint64_t nanoseconds = (uint64_t)status.st_mtim.tv_nsec;
    result = -EEXIST;
    for (unsigned try = 0; try < SAME_TIME_TRIES && result == -EEXIST; try++, nanoseconds++) {
        uint64_t carried = nanoseconds / NANOSECONDS_IN_SECOND;
        char *at = append_digits(time, seconds + carried, SECONDS_DIGITS);
        *at++ = '.';
        at = append_digits(at, nanoseconds % NANOSECONDS_IN_SECOND, NANOSECONDS_DIGITS);
        memcpy(at, DUMP_SUFFIX, sizeof(DUMP_SUFFIX));
        result = give_new_name(place);
    }
    return result == 0 || result == -ENOENT ? OLDER_GONE : OLDER_STAYS;
}

int dump_place_take(struct dump_place *place, bool is_final)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    enum older older = OLDER_GONE;
    unsigned waits = 0;
    for (unsigned try = 0; try < SAME_TIME_TRIES && older != OLDER_STAYS; try++) {
        long result = take_name(place);
        if (result != -EEXIST)
            return (int)result;
        older = keep_older(place, is_final);
        if (older != OLDER_MOVES)
            continue;
        if (waits++ == MOVE_WAITS)
            break;
        system_call(SYS_nanosleep, &moment, NULL, 0, 0);
    }
    return dump_place_replace(place);
}

int dump_place_replace(const struct dump_place *place)
{
    return (int)system_call(SYS_renameat, AT_FDCWD, place->temporary, AT_FDCWD, place->path);
}

void dump_place_give_up(const struct dump_place *place)
{
    system_call(SYS_unlinkat, AT_FDCWD, place->temporary, 0, 0);
}
