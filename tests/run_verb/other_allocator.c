/* A library with malloc in it and, as jemalloc has, a function of its own. */
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

void *malloc(size_t bytes)
{
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes)
{
    return __libc_realloc(block, bytes);
}

void free(void *block)
{
    __libc_free(block);
}

void *mallocx(size_t bytes, int flags)
{
    (void)flags;
    return __libc_malloc(bytes);
}
