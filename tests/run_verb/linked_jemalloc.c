/* What a Rust program with jemallocator looks like: the allocator inside, under a prefix, and
 * libc's malloc for everybody else. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) void *_rjem_malloc(size_t bytes);

__attribute__((noinline)) void *_rjem_malloc(size_t bytes)
{
    return malloc(bytes + 1);
}

int main(void)
{
    void *block = _rjem_malloc(100);
    printf("%d\n", block != NULL);
    free(block);
    return 0;
}
