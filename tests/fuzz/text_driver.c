/* Damaged copies of sound texts: see text_driver.h. */
#include "text_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAMAGED_COPIES 3000 /* of each file */
#define MOST_BYTES     65536u

/* xorshift64 (Marsaglia, 2003): the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Bytes that mean something to one reader or another. */
static const char awkward[] = "\n\r\t\0 #:;=*^$\"'\\{}[]()<>,-_%&\x7f\x80\xff"
                              "09aA";

static size_t below(uint64_t *state, size_t limit)
{
    return limit > 0 ? next_random(state) % limit : 0;
}

/* Changes the text in one place; returns its new length. */
static size_t damage(unsigned char *text, size_t count, uint64_t *state)
{
    size_t at = below(state, count), length = 1 + below(state, 16);
    switch (below(state, 6)) {
    case 0:
        if (count > 0)
            text[at] = (unsigned char)awkward[below(state, sizeof(awkward) - 1)];
        return count;
    case 1:
        if (count > 0)
            text[at] ^= (unsigned char)(1u << below(state, 8));
        return count;
    case 2: /* cut out */
        if (length > count - at)
            length = count - at;
        memmove(text + at, text + at + length, count - at - length);
        return count - length;
    case 3: /* said twice */
        if (length > count - at || count + length > MOST_BYTES)
            return count;
        memmove(text + at + length, text + at, count - at);
        return count + length;
    case 4: /* cut off */
        return at;
    default: /* one byte very often */
        length = below(state, 4096);
        if (count == 0 || count + length > MOST_BYTES)
            return count;
        memmove(text + at + length, text + at, count - at);
        memset(text + at, awkward[below(state, sizeof(awkward) - 1)], length);
        return count + length;
    }
}

/* An exact copy: the sanitizers then see a read past the end. */
static void run(const unsigned char *text, size_t count)
{
    unsigned char *copy = malloc(count > 0 ? count : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, text, count);
    LLVMFuzzerTestOneInput(copy, count);
    free(copy);
}

int main(int argc, char **argv)
{
    static unsigned char sound[MOST_BYTES], damaged[MOST_BYTES];
    uint64_t state = 0x9e3779b97f4a7c15ULL;
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rbe");
        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size_t count = fread(sound, 1, sizeof(sound), file);
        fclose(file);
        run(sound, count);
        for (int copy = 0; copy < DAMAGED_COPIES; copy++) {
            size_t length = count;
            memcpy(damaged, sound, count);
            for (size_t hits = 1 + below(&state, 4); hits > 0; hits--)
                length = damage(damaged, length, &state);
            run(damaged, length);
        }
    }
    printf("%d texts and %d damaged copies of each: none crashed\n", argc - 1, DAMAGED_COPIES);
    return argc > 1 ? 0 : 1;
}
