/*
 * A program that defines malloc itself, as many with a linked-in jemalloc or tcmalloc do: its
 * blocks never pass the tracker, which must stay harmless and must not call nothing-seen
 * nothing-wrong. The allocator here hands out slices of one static array and reuses none. It works
 * from main() on, as that of GCL does, which Maxima runs on: nobody may call it before.
 */
#include "host.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(64) unsigned char heap[64 << 20];
static size_t used;
static unsigned long calls;
static bool main_began;

static void count_call(void)
{
    if (!main_began)
        host_fail(__FILE__, __LINE__, "called before main()");
    calls++;
}

void *memalign(size_t alignment, size_t bytes)
{
    count_call();
    size_t start = (used + sizeof bytes + alignment - 1) & ~(alignment - 1);
    if (bytes > sizeof heap || start > sizeof heap - bytes) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(heap + start - sizeof bytes, &bytes, sizeof bytes);
    used = start + bytes;
    return heap + start;
}

void *malloc(size_t bytes)
{
    return memalign(64, bytes);
}

void free(void *block)
{
    count_call();
    if (block != NULL &&
        ((unsigned char *)block < heap || (unsigned char *)block >= heap + sizeof heap))
        host_fail(__FILE__, __LINE__, "a foreign block was freed");
}

void *calloc(size_t count, size_t bytes)
{
    return malloc(count * bytes); /* never reused, so it is zero */
}

size_t malloc_usable_size(void *block)
{
    size_t bytes = 0;
    if (block != NULL)
        memcpy(&bytes, (char *)block - sizeof bytes, sizeof bytes);
    return bytes;
}

void *realloc(void *block, size_t bytes)
{
    void *moved = malloc(bytes);
    size_t before = malloc_usable_size(block);
    if (moved != NULL && block != NULL)
        memcpy(moved, block, before < bytes ? before : bytes);
    return moved;
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    *out = memalign(alignment, bytes);
    return *out ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

static int is_own(const void *block)
{
    return (const unsigned char *)block >= heap &&
           (const unsigned char *)block < heap + sizeof heap;
}

int main(void)
{
    main_began = true;
    host_work(50000);
    void *line = strdup("libc's own calls come here too");
    HOST_CHECK(is_own(line));
    free(line);
    /* libc's reallocarray, which is not defined here, calls the realloc that is. */
    for (size_t bytes_each = 1; bytes_each <= 4096; bytes_each *= 64) {
        void *array = reallocarray(NULL, 100, bytes_each);
        HOST_CHECK(is_own(array));
        array = reallocarray(array, 200, bytes_each);
        HOST_CHECK(is_own(array));
        free(array);
    }
    HOST_CHECK(calls > 20);
    host_describe();
    return 0;
}
