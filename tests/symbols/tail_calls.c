/* Functions whose last act is a call. At -O2 that is a jump, and they are on no stack. */
#include <stdio.h>
#include <stdlib.h>

#define SEPARATE __attribute__((noinline))

SEPARATE static void *grow(size_t bytes)
{
    void *block = malloc(bytes);
    __asm__ volatile("" : : : "memory"); /* not a tail call */
    return block;
}

SEPARATE static void *relay(size_t bytes)
{
    puts("relay");
    return grow(bytes + 3); /* RELAYS */
}

/* One way: through relay. */
SEPARATE static void *straight(size_t bytes)
{
    puts("straight");
    return relay(bytes + 2); /* STRAIGHT */
}

SEPARATE static void *left(size_t bytes)
{
    return grow(3 * bytes);
}

SEPARATE static void *right(size_t bytes)
{
    return grow(5 * bytes);
}

/* Two ways: which one was taken is not to be known. */
SEPARATE static void *either(size_t bytes, int which)
{
    puts("either");
    return which != 1 ? left(bytes) : right(bytes);
}

/* One function, two places. */
SEPARATE static void *twice(size_t bytes, int which) /* TWICE */
{
    if (which != 1) {
        puts("twice, once");
        return grow(7 * bytes);
    }
    puts("twice");
    return grow(9 * bytes);
}

/* Straight into the allocator. */
SEPARATE static void *allocate(size_t bytes)
{
    return calloc(11, bytes); /* ALLOCATES */
}

int main(int argc, char **argv)
{
    (void)argv;
    void *blocks[] = {straight(300000), either(300000, argc), twice(300000, argc),
                      allocate(300000)};
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        free(blocks[i]);
    return 0;
}
