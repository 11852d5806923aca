/*
 * So many calls of the malloc family, for counting instructions: `fast_path CALLS KIND`. The same
 * block comes and goes, so the allocator itself always goes the same short way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under valgrind the stack is there only as far as the program itself has touched it; the kernel's
 * is from the start, and the tracker works on it. */
static __attribute__((noinline)) void touch_stack(void)
{
    volatile char below[65536];
    for (size_t i = sizeof(below); i > 0; i -= 4096)
        below[i - 1] = 0;
}

int main(int argc, char **argv)
{
    touch_stack();
    unsigned long calls = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    const char *kind = argc > 2 ? argv[2] : "malloc";
    void *volatile block = NULL; /* volatile: the pairs must not be optimised away */
    if (strcmp(kind, "malloc") == 0) {
        for (unsigned long i = 0; i < calls; i++) {
            block = malloc(64);
            free(block);
        }
    } else if (strcmp(kind, "calloc") == 0) {
        for (unsigned long i = 0; i < calls; i++) {
            block = calloc(4, 16);
            free(block);
        }
    } else if (strcmp(kind, "realloc") == 0) {
        block = malloc(64);
        for (unsigned long i = 0; i < calls; i++)
            block = realloc(block, 56 + i % 2 * 8);
        free(block);
    } else if (strcmp(kind, "tracked") == 0) {
        for (unsigned long i = 0; i < calls; i++) {
            block = malloc(1024);
            free(block);
        }
    } else {
        return 2;
    }
    return 0;
}
