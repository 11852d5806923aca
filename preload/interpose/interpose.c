/*
 * The malloc family, in front of the real one.
 *
 * The fast path: a block under the threshold costs malloc one comparison and an indirect jump.
 * free() reads the size that glibc keeps in front of the block, a cache line that the real free
 * reads next anyway, and compares it. No lock, no lookup, nothing shared is written.
 *
 * Every function that glibc, a C++ runtime or C23 has gets its own wrapper, for they do not go
 * through each other's PLT entries (trap 9). Compiled with -fno-builtin-malloc and friends (trap
 * 7).
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hot.h"
#include "page.h"
#include "real.h"
#include "thread.h"
#include "tracker.h"

#define EXPORT    __attribute__((visibility("default")))
#define LIKELY(x) __builtin_expect(!!(x), 1)

/* C23's, absent from glibc 2.36 (trap 9): whoever calls them has a libc that declares them. */
void free_sized(void *pointer, size_t bytes);
void free_aligned_sized(void *pointer, size_t alignment, size_t bytes);

/* Once the constructor has run, no call finds the real functions missing. */
static inline bool is_ready(void)
{
    return LIKELY(tracker_threshold != 0) || real_ready();
}

/* Until the options are read the threshold is 0: everything comes here and nothing is tracked. */
static bool is_tracked_size(size_t bytes)
{
    return tracker_running() && bytes >= tracker_threshold;
}

/* Known stacks are looked up by it (known_stacks.h), and the program's frames begin above it
 * (header_search.c). The fast path jumps here and leaves no frame. Not before is_ready(): in a
 * library that is not relocated yet, a thread-local variable lies on the canary of the thread's
 * stack (trap 19). */
#define NOTE_CALLER() (thread_state.caller = (uint32_t)(uintptr_t)__builtin_return_address(0))

static __attribute__((noinline)) HOT void *slow_malloc(size_t bytes)
{
    if (!is_ready())
        return bootstrap_allocate(bytes, 16);
    NOTE_CALLER();
    thread_state.probe = 1;
    void *pointer = real.malloc(bytes);
    if (is_tracked_size(bytes))
        tracker_allocated(pointer, bytes, 0);
    return pointer;
}

EXPORT HOT void *malloc(size_t bytes)
{
    if (LIKELY(bytes < tracker_threshold))
        return real.malloc(bytes);
    return slow_malloc(bytes);
}

/* Whether the block is certainly below the threshold. glibc keeps a chunk's size, with three flag
 * bits, in the word before the block (malloc.c, struct malloc_chunk); blocks of the bootstrap arena
 * have a huge one there. Other allocators keep nothing there, perhaps not even memory: the
 * threshold is 0. */
static inline bool is_small(const void *pointer)
{
    return tracker_chunk_threshold != 0 && ((const size_t *)pointer)[-1] < tracker_chunk_threshold;
}

/* Whether the slow path has to look the block up. Allocators other than glibc's know a block's
 * size, but tcmalloc's debug version ends the program when it is asked about one that it aligned by
 * two pages or more (its pages are not in the map that it looks into): a block that begins a page
 * is looked up unasked. */
static bool may_be_tracked(void *pointer)
{
    if (!tracker_running())
        return false;
    return real.is_glibc || (uintptr_t)pointer % PAGE_BYTES == 0 ||
           real.malloc_usable_size(pointer) >= tracker_threshold;
}

/* Takes the block out of the tracker. False when it came from the bootstrap arena: nothing to free.
 * In line, so that the caller is the program's. */
static inline __attribute__((always_inline)) bool before_free(void *pointer)
{
    if (bootstrap_owns(pointer) || !is_ready())
        return false;
    NOTE_CALLER();
    if (may_be_tracked(pointer))
        tracker_freeing(pointer);
    return true;
}

static __attribute__((noinline)) HOT void slow_free(void *pointer)
{
    if (before_free(pointer))
        real.free(pointer);
}

EXPORT HOT void free(void *pointer)
{
    if (!pointer)
        return;
    if (LIKELY(is_small(pointer)))
        real.free(pointer);
    else
        slow_free(pointer);
}

EXPORT void free_sized(void *pointer, size_t bytes)
{
    if (!pointer || !before_free(pointer))
        return;
    if (real.free_sized)
        real.free_sized(pointer, bytes);
    else
        real.free(pointer);
}

EXPORT void free_aligned_sized(void *pointer, size_t alignment, size_t bytes)
{
    if (!pointer || !before_free(pointer))
        return;
    if (real.free_aligned_sized)
        real.free_aligned_sized(pointer, alignment, bytes);
    else
        real.free(pointer);
}

static __attribute__((noinline)) HOT void *slow_calloc(size_t count, size_t bytes_each,
                                                       size_t bytes)
{
    if (!is_ready())
        return bytes == SIZE_MAX ? NULL : bootstrap_allocate(bytes, 16); /* fresh: zero */
    NOTE_CALLER();
    void *pointer = real.calloc(count, bytes_each);
    if (is_tracked_size(bytes))
        tracker_allocated(pointer, bytes, 0);
    return pointer;
}

EXPORT HOT void *calloc(size_t count, size_t bytes_each)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, bytes_each, &bytes))
        bytes = SIZE_MAX; /* the real calloc refuses it (trap 13) */
    if (LIKELY(bytes < tracker_threshold))
        return real.calloc(count, bytes_each);
    return slow_calloc(count, bytes_each, bytes);
}

/* A bootstrap block moves to the real heap when it is resized; the old one is never freed. */
static void *realloc_bootstrap(void *pointer, size_t bytes)
{
    void *copy = malloc(bytes);
    if (copy) {
        size_t old = bootstrap_bytes(pointer);
        memcpy(copy, pointer, old < bytes ? old : bytes);
    }
    return copy;
}

/* By itself, so that the calls of the real one below are jumps: this one has a local variable. */
static __attribute__((noinline)) HOT void *tracked_realloc(void *pointer, size_t bytes)
{
    struct reallocation reallocation;
    tracker_reallocating(&reallocation, pointer, bytes);
    void *result = real.realloc(pointer, bytes);
    tracker_reallocated(&reallocation, result, bytes, 0);
    return result;
}

static __attribute__((noinline)) HOT void *slow_realloc(void *pointer, size_t bytes)
{
    if (pointer && bootstrap_owns(pointer))
        return realloc_bootstrap(pointer, bytes);
    if (!is_ready())
        return pointer ? NULL : bootstrap_allocate(bytes, 16);
    NOTE_CALLER();
    if (!pointer) {
        pointer = real.realloc(NULL, bytes);
        if (is_tracked_size(bytes))
            tracker_allocated(pointer, bytes, 0);
        return pointer;
    }
    if (!may_be_tracked(pointer) && !is_tracked_size(bytes))
        return real.realloc(pointer, bytes);
    return tracked_realloc(pointer, bytes);
}

EXPORT HOT void *realloc(void *pointer, size_t bytes)
{
    if (LIKELY(bytes < tracker_threshold) && (!pointer || is_small(pointer)))
        return real.realloc(pointer, bytes);
    return slow_realloc(pointer, bytes);
}

EXPORT void *reallocarray(void *pointer, size_t count, size_t bytes_each)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, bytes_each, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    if (!is_ready())
        return realloc(pointer, bytes);
    /* As libc's does: a program that brings malloc, realloc and free, but no reallocarray, as bash
     * does and whatever has jemalloc or tcmalloc linked in, gets a block of its own. */
    return real.process_realloc(pointer, bytes);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    if (!is_ready()) {
        *out = bootstrap_allocate(bytes, alignment);
        return *out ? 0 : ENOMEM;
    }
    if (!is_tracked_size(bytes))
        return real.posix_memalign(out, alignment, bytes);
    int error = real.posix_memalign(out, alignment, bytes);
    if (error == 0)
        tracker_allocated(*out, bytes, 0);
    return error;
}

/* What is not tracked is a jump to the real one. */
static void *tracked(void *pointer, size_t bytes)
{
    tracker_allocated(pointer, bytes, 0);
    return pointer;
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    if (!is_ready())
        return bootstrap_allocate(bytes, alignment);
    if (!is_tracked_size(bytes))
        return real.aligned_alloc(alignment, bytes);
    return tracked(real.aligned_alloc(alignment, bytes), bytes);
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
    if (!is_ready())
        return bootstrap_allocate(bytes, alignment);
    if (!is_tracked_size(bytes))
        return real.memalign(alignment, bytes);
    return tracked(real.memalign(alignment, bytes), bytes);
}

EXPORT void *valloc(size_t bytes)
{
    if (!is_ready())
        return bootstrap_allocate(bytes, PAGE_BYTES);
    if (!is_tracked_size(bytes))
        return real.valloc(bytes);
    return tracked(real.valloc(bytes), bytes);
}

EXPORT void *pvalloc(size_t bytes)
{
    if (!is_ready())
        return bootstrap_allocate((bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1), PAGE_BYTES);
    if (!is_tracked_size(bytes))
        return real.pvalloc(bytes);
    return tracked(real.pvalloc(bytes), bytes);
}

EXPORT size_t malloc_usable_size(void *pointer)
{
    if (!pointer)
        return 0;
    if (bootstrap_owns(pointer) || !is_ready())
        return bootstrap_bytes(pointer);
    return real.malloc_usable_size(pointer);
}
