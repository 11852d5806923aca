/*
 * System calls, made directly.
 *
 * libc's wrappers set errno, some are cancellation points (trap 27: a cancelled write() inside a
 * malloc takes the program's thread with it), and mmap() would come back into our own interposer.
 * These return the kernel's result: negative errno on failure. No state, no lock.
 */
#ifndef HASHTRACK_SYSTEM_H
#define HASHTRACK_SYSTEM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "address_space.h"
#include "own_mappings.h"

#define SYSTEM_MAP_NAME "hashtrack"

static inline long system_call6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define system_call(number, a, b, c, d)                                                            \
    system_call6(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* A kernel's result as libc would return it: -1 and errno. */
static inline long system_result(long result)
{
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

/* Memory that one thread gave back and another one got: the kernel was in between, which
 * ThreadSanitizer does not see, so it is told, page by page. */
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define SYSTEM_TELL(told, memory, bytes)                                                           \
    for (size_t told_at = 0; told_at < (bytes); told_at += 4096)                                   \
    told((char *)(memory) + told_at)
#else
#define SYSTEM_TELL(told, memory, bytes)
#endif

/* The kernel was built without names of mappings, so it is not asked again. Any thread may set it,
 * to nothing else. */
extern _Atomic bool system_names_are_refused __attribute__((visibility("hidden")));

/* Zeroed private memory, or NULL, also where it would be much of what the program has left
 * (address_space.h); not locked where the program locks all that is mapped (own_mappings.h). It is
 * named, so that whoever reads /proc/PID/maps can tell it
 * from the program's (trap 50); a kernel older than 5.17, or built without names, refuses, and all
 * else is as before. */
static inline void *system_map_with(size_t bytes, int flags)
{
    if (!address_space_allows(bytes))
        return NULL;
    long result = own_mappings_future_is_locked()
                      ? (long)own_mappings_map_unlocked(bytes)
                      : system_call6(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (result == 0 || (result < 0 && result > -4096))
        return NULL;
    own_mappings_add((void *)result, bytes);
    if (!system_names_are_refused &&
        system_call6(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, result, (long)bytes,
                     (long)SYSTEM_MAP_NAME, 0) == -EINVAL)
        system_names_are_refused = true;
    SYSTEM_TELL(__tsan_acquire, result, bytes);
    return (void *)result;
}

static inline void *system_map(size_t bytes)
{
    return system_map_with(bytes, 0);
}

/* The same with all pages there at once, for what is going to be written to in most of its places:
 * 0.2 µs for each page instead of 0.6. */
static inline void *system_map_present(size_t bytes)
{
    return system_map_with(bytes, MAP_POPULATE);
}

static inline void system_unmap(void *memory, size_t bytes)
{
    if (!memory)
        return;
    SYSTEM_TELL(__tsan_release, memory, bytes);
    own_mappings_remove(memory);
    system_call(SYS_munmap, memory, bytes, 0, 0);
}

static inline int system_pid(void)
{
    return (int)system_call(SYS_getpid, 0, 0, 0, 0);
}

static inline bool system_is_first_thread(void)
{
    return system_call(SYS_gettid, 0, 0, 0, 0) == system_pid();
}

static inline uint64_t system_clock_ns(clockid_t clock)
{
    struct timespec now = {0};
    system_call(SYS_clock_gettime, clock, &now, 0, 0);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Milliseconds of the monotonic clock, by a system call: 130 ns (measured). registry_now() asks
 * often, and has a faster way. */
static inline uint64_t system_monotonic_ms(void)
{
    return system_clock_ns(CLOCK_MONOTONIC_COARSE) / 1000000;
}

#endif
