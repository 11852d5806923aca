/*
 * mlockall and munlockall, in front of the real ones.
 *
 * A program that locks all its memory, without the right to lock as much as it likes, may do so if
 * all that it has mapped fits into RLIMIT_MEMLOCK, and the tracker's three megabytes would count
 * there. So what is ours is unlocked again, and where it alone is too much, the program's mappings
 * are locked one by one, which is the same to it. What we map later is not locked either
 * (own_mappings.h). Touches the process's mappings; no lock of ours.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "interpose_mlock.h"
#include "lifecycle.h"
#include "maps.h"
#include "own_mappings.h"
#include "page.h"
#include "real.h"
#include "registry.h"
#include "system.h"

#define EXPORT __attribute__((visibility("default")))

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

/* Our mappings and then the library itself, from `address` on, in the order of addresses. */
static bool next_of_ours(uint64_t address, uint64_t *start, uint64_t *end)
{
    uint64_t library = (uint64_t)(uintptr_t)__ehdr_start;
    uint64_t library_end =
        ((uint64_t)(uintptr_t)_end + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    bool is_found = own_mappings_next(address, start, end);
    if (library_end > address && (!is_found || library < *start)) {
        *start = library;
        *end = library_end;
        is_found = true;
    }
    return is_found;
}

static uint64_t bytes_of_ours(void)
{
    uint64_t bytes = 0, start, end = 0;
    while (next_of_ours(end, &start, &end))
        bytes += end - start;
    return bytes;
}

static void unlock_ours(void)
{
    uint64_t start, end = 0;
    while (next_of_ours(end, &start, &end))
        system_call(SYS_munlock, start, end - start, 0, 0);
}

/* What cannot be read or written is locked and not there, as mlockall leaves it. */
static void lock_all_but_ours(uint64_t from, uint64_t to, int flags)
{
    while (from < to) {
        uint64_t start, end;
        if (!next_of_ours(from, &start, &end) || start > to)
            start = end = to;
        if (start > from)
            system_call(SYS_mlock2, from, start - from, flags, 0);
        from = end;
    }
}

/* As mlockall would in a process without us, whose memory is below the limit. */
static bool lock_without_ours(int flags)
{
    struct buffer text = {0};
    struct mapping mapping;
    size_t offset = 0;
    if (!maps_read(0, &text)) {
        buffer_free(&text);
        return false;
    }
    if (flags & MCL_FUTURE)
        system_call(SYS_mlockall, flags & ~MCL_CURRENT, 0, 0, 0);
    else
        system_call(SYS_munlockall, 0, 0, 0, 0); /* what is to come is not locked any more */
    while (maps_next(&text, &offset, &mapping))
        lock_all_but_ours(mapping.start, mapping.end, flags & MCL_ONFAULT ? MLOCK_ONFAULT : 0);
    buffer_free(&text);
    return true;
}

/* The kernel refused because of us: without us all would fit. */
static bool is_too_much_by_ours(int flags)
{
    struct rlimit limit;
    return flags & MCL_CURRENT &&
           system_call(SYS_prlimit64, 0, RLIMIT_MEMLOCK, NULL, &limit) == 0 &&
           address_space_mapped() <= limit.rlim_cur + bytes_of_ours();
}

static int lock_all(int (*lock)(int), int flags)
{
    if (hashtrack_registry.pid == 0 || lifecycle_is_sandboxed())
        return lock(flags);
    int saved_errno = errno;
    bool was_locked = own_mappings_future_is_locked();
    if (flags & MCL_FUTURE)
        own_mappings_lock_future(true); /* before: what that needs is not to be locked */
    int result = lock(flags);
    if (result == 0) {
        unlock_ours();
    } else if (errno == ENOMEM && is_too_much_by_ours(flags) && lock_without_ours(flags)) {
        result = 0;
        errno = saved_errno;
    }
    own_mappings_lock_future(result == 0 ? flags & MCL_FUTURE : was_locked);
    return result;
}

static int lock_directly(int flags)
{
    return (int)system_result(system_call(SYS_mlockall, flags, 0, 0, 0));
}

int mlock_all_directly(int flags)
{
    return lock_all(lock_directly, flags);
}

EXPORT int mlockall(int flags)
{
    return lock_all(real_known() && real.mlockall ? real.mlockall : lock_directly, flags);
}

EXPORT int munlockall(void)
{
    int result = real_known() && real.munlockall
                     ? real.munlockall()
                     : (int)system_result(system_call(SYS_munlockall, 0, 0, 0, 0));
    if (result == 0)
        own_mappings_lock_future(false);
    return result;
}
