/*
 * Files without libc: raw system calls only (system.h), descriptors that live for one function.
 */
#ifndef HASHTRACK_FILE_H
#define HASHTRACK_FILE_H

#include <fcntl.h>

#include "buffer.h"

/* Where our descriptors lie. Another thread may close what it did not open, all there is or a
 * number for the second time, and then open a file, which gets the lowest number: ours, if that was
 * low, and what we write next. Kept below the usual limit of 1,024, for the kernel's table grows up
 * to here. */
#define FILE_LEAST_DESCRIPTOR 1000

/* The descriptor or a negative errno. Never one of 0, 1, 2: a program that runs with its standard
 * streams closed must not find its output in our file (trap 42). */
static inline int file_open(const char *path, int flags, int mode)
{
    long fd = system_call(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
    if (fd < 0)
        return (int)fd;
    long high = system_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FILE_LEAST_DESCRIPTOR, 0);
    if (high < 0 && fd > 2) /* there may be no more than that */
        return (int)fd;
    if (high < 0)
        high = system_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3, 0);
    system_call(SYS_close, fd, 0, 0, 0);
    return (int)high;
}

/* 0 or a negative errno: a network file system may refuse here what it took in write. */
static inline int file_close(int fd)
{
    return (int)system_call(SYS_close, fd, 0, 0, 0);
}

/* Reads a whole file of /proc, or any that is read to its end. False when it could not be. */
static inline bool file_read_all(const char *path, struct buffer *into)
{
    int fd = file_open(path, O_RDONLY, 0);
    if (fd < 0)
        return false;
    long got = 0;
    do {
        if (!buffer_reserve(into, 4096)) {
            got = -1;
            break;
        }
        got = system_call(SYS_read, fd, into->memory + into->used, into->room - into->used, 0);
        if (got > 0)
            into->used += (size_t)got;
    } while (got > 0 || got == -4 /* EINTR */);
    file_close(fd);
    return got == 0;
}

#endif
