/*
 * The ways to become, or to start, another program, in front of the real ones: whether the tracker
 * is in that program is only known by this one having said that it would be there (process_log.h).
 *
 * Between vfork() and exec the memory is the parent's and only this thread of it runs: nothing is
 * written here but to the stack and to a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "process_log.h"
#include "real.h"
#include "system.h"

#define EXPORT __attribute__((visibility("default")))

/* A signal handler on a small stack of its own may call exec (a crash handler that starts a
 * debugger), so a path that is longer stays as it is: a record keeps the end of it only. */
#define PATH_ROOM 1024

/* Where it is whatever the working directory will be; one to be searched for stays a bare name. */
static const char *absolute(const char *path, char room[PATH_ROOM])
{
    if (path[0] == '/' || !strchr(path, '/'))
        return path;
    long used = system_call(SYS_getcwd, room, PATH_ROOM, 0, 0); /* with its zero byte */
    if (used <= 1 || room[0] != '/' || (size_t)used + strlen(path) + 1 > PATH_ROOM)
        return path;
    room[used - 1] = '/';
    memcpy(room + used, path, strlen(path) + 1);
    return room;
}

/* A shell tries one directory of PATH after the other: what cannot be executed is no news. Nor is a
 * path that cannot be read, with which exec fails and we would: the kernel looks at it first. */
static __attribute__((noinline)) bool note_exec(const char *path)
{
    if (!process_log_runs() || !path)
        return false;
    long access = system_call(SYS_faccessat, AT_FDCWD, path, X_OK, 0);
    if (access == -EFAULT || access == -ENAMETOOLONG || (access != 0 && strchr(path, '/')))
        return false;
    char room[PATH_ROOM];
    process_log_note(PROCESS_REPLACING, (uint32_t)system_pid(), 0, absolute(path, room));
    return true;
}

static __attribute__((noinline)) bool note_exec_of_descriptor(int fd)
{
    char link[48] = "/proc/self/fd/", path[PATH_ROOM], *end = link + strlen(link);
    char digits[12], *digit = digits;
    unsigned number = (unsigned)fd;
    do
        *digit++ = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (digit > digits)
        *end++ = *--digit;
    *end = '\0';
    long length = process_log_runs() && fd >= 0
                      ? system_call(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1)
                      : 0;
    path[length > 0 ? length : 0] = '\0';
    return length > 0 && note_exec(path);
}

static int exec_failed(bool was_noted, int result)
{
    if (was_noted)
        process_log_note(PROCESS_NOT_REPLACED, (uint32_t)system_pid(), 0, NULL);
    return result;
}

EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
    bool noted = note_exec(path);
    if (real_ready() && real.execve)
        return exec_failed(noted, real.execve(path, arguments, environment));
    return exec_failed(
        noted, (int)system_result(system_call(SYS_execve, path, arguments, environment, 0)));
}

EXPORT int execv(const char *path, char *const arguments[])
{
    return execve(path, arguments, environ);
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    if (!real_ready())
        return execve(file, arguments, environment);
    bool noted = note_exec(file);
    return exec_failed(noted, real.execvpe(file, arguments, environment));
}

EXPORT int execvp(const char *file, char *const arguments[])
{
    return execvpe(file, arguments, environ);
}

EXPORT int fexecve(int fd, char *const arguments[], char *const environment[])
{
    if (!real_ready()) {
        errno = ENOSYS;
        return -1;
    }
    bool noted = note_exec_of_descriptor(fd);
    return exec_failed(noted, real.fexecve(fd, arguments, environment));
}

/* --- with the arguments one by one --- */

/* How many there are, the first and the NULL at their end among them. */
static size_t count_arguments(const char *first, va_list *more)
{
    size_t count = 1;
    for (const char *argument = first; argument; argument = va_arg(*more, const char *))
        count++;
    return count;
}

static void copy_arguments(char **list, const char *first, size_t count, va_list *more)
{
    list[0] = (char *)first;
    for (size_t i = 1; i < count; i++)
        list[i] = va_arg(*more, char *);
}

/* On the stack, as in libc: there is nowhere else that a child of vfork() may write. A macro, for
 * it would be gone with the function that made it. */
#define ARGUMENTS(list, count, first)                                                              \
    va_list more;                                                                                  \
    va_start(more, first);                                                                         \
    size_t count = count_arguments(first, &more);                                                  \
    va_end(more);                                                                                  \
    char **list = __builtin_alloca(count * sizeof(*list));                                         \
    va_start(more, first);                                                                         \
    copy_arguments(list, first, count, &more)

EXPORT int execl(const char *path, const char *first, ...)
{
    ARGUMENTS(list, count, first);
    va_end(more);
    return execve(path, list, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
    ARGUMENTS(list, count, first);
    va_end(more);
    return execvpe(file, list, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
    ARGUMENTS(list, count, first);
    char **environment = va_arg(more, char **);
    va_end(more);
    return execve(path, list, environment);
}

/* --- in a process of its own --- */

/* Its own records may come before ours: who reads them counts this one only where there is no
 * other. */
static int spawn(__typeof__(&posix_spawn) real_spawn, pid_t *pid, const char *path,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const arguments[], char *const environment[])
{
    pid_t child = 0;
    int result = real_spawn(&child, path, actions, attributes, arguments, environment);
    if (result != 0)
        return result;
    if (pid)
        *pid = child;
    char room[PATH_ROOM];
    if (process_log_runs())
        process_log_note(PROCESS_SPAWNED, (uint32_t)child, 0, absolute(path, room));
    return 0;
}

EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
                       const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *restrict attributes, char *const arguments[],
                       char *const environment[])
{
    if (!real_ready())
        return ENOSYS;
    return spawn(real.posix_spawn, pid, path, actions, attributes, arguments, environment);
}

EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                        const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *restrict attributes, char *const arguments[],
                        char *const environment[])
{
    if (!real_ready())
        return ENOSYS;
    return spawn(real.posix_spawnp, pid, file, actions, attributes, arguments, environment);
}
