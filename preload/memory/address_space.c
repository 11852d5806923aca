/*
 * What is left of a limited address space, or of limited data: see address_space.h.
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

/* What /proc/self/statm counts in pages: all that is mapped, and what of it is the process's own
 * and can be written, the stack besides. */
struct mapped {
    uint64_t all, data;
};

#define FIELD_DATA 5u /* of seven, separated by a space each */

static bool read_mapped(struct mapped *mapped)
{
    char text[128];
    uint64_t fields[FIELD_DATA + 1] = {0};
    int fd = file_open("/proc/self/statm", O_RDONLY, 0);
    if (fd < 0)
        return false;
    long got = system_call(SYS_read, fd, text, sizeof(text), 0);
    file_close(fd);
    unsigned field = 0;
    for (long i = 0; i < got && field <= FIELD_DATA; i++) {
        if (text[i] == ' ')
            field++;
        else if (text[i] >= '0' && text[i] <= '9')
            fields[field] = fields[field] * 10 + (uint64_t)(text[i] - '0');
    }
    *mapped =
        (struct mapped){.all = fields[0] * PAGE_BYTES, .data = fields[FIELD_DATA] * PAGE_BYTES};
    return mapped->all != 0;
}

static uint64_t limit_of(int resource)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    return system_call(SYS_prlimit64, 0, resource, NULL, &limit) == 0 ? limit.rlim_cur
                                                                      : RLIM_INFINITY;
}

uint64_t address_space_mapped(void)
{
    struct mapped mapped;
    return read_mapped(&mapped) ? mapped.all : 0;
}

static bool leaves_enough(uint64_t limit, uint64_t mapped, size_t bytes)
{
    return limit == RLIM_INFINITY || (limit > mapped && bytes <= (limit - mapped) / SHARE);
}

bool address_space_allows(size_t bytes)
{
    struct mapped mapped;
    uint64_t all = limit_of(RLIMIT_AS), data = limit_of(RLIMIT_DATA);
    if ((all == RLIM_INFINITY && data == RLIM_INFINITY) || !read_mapped(&mapped))
        return true;
    return leaves_enough(all, mapped.all, bytes) && leaves_enough(data, mapped.data, bytes);
}
