/* A program that brings its own malloc. VISIBILITY says whether libraries would use it too. */
#include <stddef.h>
#include <stdio.h>

static char arena[1 << 20];
static size_t used;

__attribute__((visibility(VISIBILITY), noinline)) void *malloc(size_t bytes)
{
    size_t start = used;
    if (bytes > sizeof(arena) - used)
        return NULL;
    used += (bytes + 15) / 16 * 16;
    return arena + start;
}

__attribute__((visibility(VISIBILITY), noinline)) void free(void *block)
{
    (void)block;
}

int main(void)
{
    void *block = malloc(100);
    printf("%d\n", block != NULL);
    free(block);
    return 0;
}
