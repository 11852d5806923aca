/*
 * A library whose IFUNC resolver allocates, BLOCKS blocks of 1,000 bytes besides: the loader
 * relocates it before a preloaded library, so that an interposed malloc runs without its own
 * relocations. Belongs to early_resolver.c.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifndef BLOCKS
#define BLOCKS 1
#endif

int answer_of_library(void);
bool blocks_are_sound(void);

static unsigned char *blocks[BLOCKS];

static int forty_three(void)
{
    return 43;
}

__attribute__((used)) static int (*resolve(void))(void)
{
    void *block = malloc(2048);
    free(block);
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(1000);
        for (int j = 0; blocks[i] && j < 1000; j++)
            blocks[i][j] = (unsigned char)i; /* no memset: nothing of libc's works yet */
        if (i % 8 == 7)
            free(blocks[i]);
    }
    return forty_three;
}

static int inner(void) __attribute__((ifunc("resolve")));

int answer_of_library(void)
{
    return inner();
}

/* Those that there was room for hold what they held, grow and can be freed. */
bool blocks_are_sound(void)
{
    for (int i = 0; i < BLOCKS; i++) {
        if (!blocks[i] || i % 8 == 7)
            continue;
        unsigned char *bigger = realloc(blocks[i], 5000);
        if (!bigger || bigger[0] != (unsigned char)i || bigger[999] != (unsigned char)i)
            return false;
        free(bigger);
    }
    return true;
}
