/*
 * What is left of a limited address space: see address_space.h.
 */
#include "address_space.h"

#include <sys/resource.h>

#include "file.h"
#include "page.h"
#include "system.h"

/* Of what is left, one piece takes no more than a sixteenth. A program whose limit is what it needs
 * and a little more keeps that; under one of gigabytes all goes on as without. */
#define SHARE 16u

_Atomic bool system_names_are_refused;

/* The first number in /proc/self/statm: pages. 0: not told. */
static uint64_t mapped_bytes(void)
{
    char text[32];
    int fd = file_open("/proc/self/statm", O_RDONLY, 0);
    if (fd < 0)
        return 0;
    long got = system_call(SYS_read, fd, text, sizeof(text), 0);
    file_close(fd);
    uint64_t pages = 0;
    for (long i = 0; i < got && text[i] >= '0' && text[i] <= '9'; i++)
        pages = pages * 10 + (uint64_t)(text[i] - '0');
    return pages * PAGE_BYTES;
}

bool address_space_allows(size_t bytes)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    if (system_call(SYS_prlimit64, 0, RLIMIT_AS, NULL, &limit) != 0 ||
        limit.rlim_cur == RLIM_INFINITY)
        return true;
    uint64_t mapped = mapped_bytes();
    uint64_t left = limit.rlim_cur > mapped ? limit.rlim_cur - mapped : 0;
    return mapped == 0 || bytes <= left / SHARE;
}
