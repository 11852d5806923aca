/*
 * An interposer that does nothing: the malloc family, passed on. What it costs is what any
 * preloaded allocator wrapper costs at the least: a call through a pointer more. For the
 * benchmarks.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Before the real functions are known, dlsym itself may allocate: from here, never freed. */
static char arena[65536] __attribute__((aligned(16)));
static size_t arena_used;

static void *(*real_malloc)(size_t);
static void (*real_free)(void *);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);

static void *from_arena(size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > sizeof(arena) - arena_used)
        return NULL;
    void *block = arena + arena_used;
    arena_used += bytes;
    return block;
}

__attribute__((constructor)) static void find_all(void)
{
    static int is_finding;
    if (is_finding)
        return;
    is_finding = 1;
    real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    real_posix_memalign = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
    real_aligned_alloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
    real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
}

/* Until all are found. */
static int is_early(void)
{
    if (!real_malloc)
        find_all();
    return !real_malloc;
}

void *malloc(size_t bytes)
{
    if (__builtin_expect(!real_malloc, 0) && is_early())
        return from_arena(bytes);
    return real_malloc(bytes);
}

void free(void *pointer)
{
    if (__builtin_expect((char *)pointer >= arena && (char *)pointer < arena + sizeof(arena), 0))
        return;
    if (__builtin_expect(!real_malloc, 0) && is_early())
        return;
    real_free(pointer);
}

void *calloc(size_t count, size_t bytes)
{
    if (__builtin_expect(!real_malloc, 0) && is_early())
        return from_arena(count * bytes);
    return real_calloc(count, bytes);
}

void *realloc(void *pointer, size_t bytes)
{
    if (__builtin_expect(!real_malloc, 0) && is_early())
        return NULL;
    if (__builtin_expect((char *)pointer >= arena && (char *)pointer < arena + sizeof(arena), 0)) {
        void *copy = real_malloc(bytes);
        size_t most = (size_t)(arena + sizeof(arena) - (char *)pointer);
        return copy ? memcpy(copy, pointer, bytes < most ? bytes : most) : NULL;
    }
    return real_realloc(pointer, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    if (__builtin_expect(!real_malloc, 0) && is_early())
        return ENOMEM;
    return real_posix_memalign(out, alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    if (__builtin_expect(!real_malloc, 0) && is_early())
        return NULL;
    return real_aligned_alloc(alignment, bytes);
}
