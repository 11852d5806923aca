/*
 * A library whose IFUNC resolver allocates: the loader relocates it before a preloaded library, so
 * that an interposed malloc runs without its own relocations. Belongs to early_resolver.c.
 */
#include <stdlib.h>

int answer_of_library(void);

static int forty_three(void)
{
    return 43;
}

__attribute__((used)) static int (*resolve(void))(void)
{
    void *block = malloc(2048);
    free(block);
    return forty_three;
}

static int inner(void) __attribute__((ifunc("resolve")));

int answer_of_library(void)
{
    return inner();
}
