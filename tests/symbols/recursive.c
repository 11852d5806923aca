/* A table made at the bottom of a recursion, by way of an allocator of the program's own. */
#include <stdio.h>
#include <stdlib.h>

static void *xmalloc(size_t bytes)
{
    void *block = malloc(bytes);
    if (block == NULL)
        exit(1);
    return block;
}

__attribute__((noinline)) static void *descend(int depth)
{
    void *block = depth == 0 ? xmalloc(1 << 20) /* GROWS */ : descend(depth - 1);
    __asm__ volatile("" : : : "memory"); /* not a tail call */
    return block;
}

int main(void)
{
    void *block = descend(5);
    printf("%d\n", block != NULL);
    free(block);
    return 0;
}
