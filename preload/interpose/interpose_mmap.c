/*
 * mmap, mremap and munmap, in front of the real ones: some tables live in mappings of their own.
 *
 * Only private anonymous memory that can be read and written is tracked, and not what the allocator
 * maps for itself (jemalloc calls mmap like anybody; its arenas are not tables). Nor what libunwind
 * does: where the program has called it, it holds its own lock meanwhile, for which the tracker's
 * unwinding would wait for ever (trap 57; libunwind's own test-flush-cache).
 */
/* meson asks for 64-bit file offsets, which renames mmap to mmap64: both are to be defined here. */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "anonymous_memory.h"
#include "real.h"
#include "stack.h"
#include "system.h"
#include "tracker.h"
#include "unwinder_memory.h"

#define EXPORT __attribute__((visibility("default")))

/* Before the real ones are known the calls are made directly, not through real_ready(): that would
 * look the functions up inside an allocator that is just starting and maps its first memory under
 * its own lock; a dlsym that misses would allocate from it again. */
static void *map_directly(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return (void *)system_result(
        system_call6(SYS_mmap, (long)hint, (long)bytes, protection, flags, fd, offset));
}

/* A mapping smaller than this is no bucket array that somebody would take out of malloc. */
#define LEAST_MAPPING 65536u

static bool called_by_allocator(const void *caller)
{
    return real_same_module(caller, (void *)real.malloc);
}

static bool is_tracked_mapping(size_t bytes, int protection, int flags, const void *caller)
{
    const int wanted = MAP_PRIVATE | MAP_ANONYMOUS;
    const int unwanted = MAP_FIXED | MAP_STACK | MAP_GROWSDOWN | MAP_NORESERVE;
    return tracker_running() && bytes >= LEAST_MAPPING && (flags & wanted) == wanted &&
           (flags & unwanted) == 0 &&
           (protection & (PROT_READ | PROT_WRITE)) == (PROT_READ | PROT_WRITE) &&
           !(protection & PROT_EXEC) && !stack_is_unwinder(caller) &&
           (real.is_glibc || !called_by_allocator(caller));
}

/* libunwind maps nothing but memory for itself. */
static bool is_unwinders_own(const void *hint, int flags, int fd)
{
    return !hint && fd == -1 && flags == (MAP_PRIVATE | MAP_ANONYMOUS);
}

/* In line, so that the stack begins with who called. */
static inline __attribute__((always_inline)) void *
map(void *(*const *map_really)(void *, size_t, int, int, int, off_t), void *hint, size_t bytes,
    int protection, int flags, int fd, off_t offset, const void *caller)
{
    if (flags & MAP_FIXED)
        anonymous_memory_unmapping(hint, bytes);
    if (!tracker_running())
        return real_known() ? (*map_really)(hint, bytes, protection, flags, fd, offset)
                            : map_directly(hint, bytes, protection, flags, fd, offset);
    void *address = (*map_really)(hint, bytes, protection, flags, fd, offset);
    if (address != MAP_FAILED)
        anonymous_memory_mapped(address, bytes, protection, flags);
    if (address != MAP_FAILED && is_tracked_mapping(bytes, protection, flags, caller))
        tracker_allocated(address, bytes, ARRAY_MAPPED);
    return address;
}

EXPORT void *mmap(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    const void *caller = __builtin_return_address(0);
    if (is_unwinders_own(hint, flags, fd) && stack_is_unwinder(caller)) {
        void *own = unwinder_memory_map(bytes);
        return own ? own : MAP_FAILED;
    }
    return map(&real.mmap, hint, bytes, protection, flags, fd, offset, caller);
}

EXPORT void *mmap64(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return map(&real.mmap64, hint, bytes, protection, flags, fd, offset,
               __builtin_return_address(0));
}

EXPORT int munmap(void *address, size_t bytes)
{
    if (stack_is_unwinder(__builtin_return_address(0)) && unwinder_memory_keep(address, bytes))
        return 0;
    anonymous_memory_unmapping(address, bytes);
    if (!tracker_running())
        return real_known() ? real.munmap(address, bytes)
                            : (int)system_result(system_call(SYS_munmap, address, bytes, 0, 0));
    tracker_unmapping(address, bytes);
    return real.munmap(address, bytes);
}

EXPORT void *mremap(void *old, size_t old_bytes, size_t bytes, int flags, ...)
{
    void *wanted = NULL;
    if (flags & MREMAP_FIXED) {
        va_list arguments;
        va_start(arguments, flags);
        /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the line above */
        wanted = va_arg(arguments, void *);
        va_end(arguments);
    }
    anonymous_memory_unmapping(old, old_bytes);
    if (wanted)
        anonymous_memory_unmapping(wanted, bytes);
    if (!real_known())
        return (void *)system_result(system_call6(SYS_mremap, (long)old, (long)old_bytes,
                                                  (long)bytes, flags, (long)wanted, 0));
    if (!tracker_running() || (old_bytes < LEAST_MAPPING && bytes < LEAST_MAPPING))
        return real.mremap(old, old_bytes, bytes, flags, wanted);
    struct reallocation reallocation;
    tracker_reallocating(&reallocation, old, bytes);
    void *result = real.mremap(old, old_bytes, bytes, flags, wanted);
    if (reallocation.tracked)
        tracker_reallocated(&reallocation, result == MAP_FAILED ? NULL : result, bytes,
                            ARRAY_MAPPED);
    return result;
}
