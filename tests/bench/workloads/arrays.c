/*
 * Blocks of 1 to 4 KiB, each of which is tracked, replaced at random while many are live:
 *
 *     arrays LIVE THREADS DEPTH REPLACEMENTS
 *
 * LIVE blocks are there at a time, in all threads together; each replacement is made DEPTH calls
 * below the thread's start. Prints the nanoseconds of processor time that a replacement takes.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_THREADS 64u

struct work {
    unsigned char **blocks;
    uint32_t count;
    uint32_t state;
    uint32_t depth;
    uint64_t replacements;
};

static uint32_t next_number(uint32_t *state)
{
    /* xorshift32 (Marsaglia, 2003) */
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void *allocate(struct work *work)
{
    size_t bytes = 1024 + next_number(&work->state) % 3072;
    unsigned char *block = malloc(bytes);
    if (!block)
        exit(1);
    block[0] = 1;
    return block;
}

static void replace(struct work *work)
{
    for (uint64_t i = 0; i < work->replacements; i++) {
        uint32_t at = next_number(&work->state) % work->count;
        free(work->blocks[at]);
        work->blocks[at] = allocate(work);
    }
}

static __attribute__((noinline)) uint64_t descend(struct work *work, uint32_t left)
{
    if (left <= 1) {
        replace(work);
        return work->count;
    }
    uint64_t below = descend(work, left - 1);
    /* A use that the compiler cannot see through: else it makes a loop of the calls. */
    __asm__ volatile("" : "+r"(below));
    return below + 1;
}

static void *run(void *argument)
{
    struct work *work = argument;
    return (void *)(uintptr_t)descend(work, work->depth);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static struct work works[MOST_THREADS];
    static pthread_t threads[MOST_THREADS];
    uint32_t live = argc > 4 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    uint32_t count = argc > 4 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    if (count == 0 || count > MOST_THREADS || live < count) {
        fprintf(stderr, "usage: arrays LIVE THREADS DEPTH REPLACEMENTS\n");
        return 2;
    }
    uint64_t replacements = strtoull(argv[4], NULL, 10) / count;
    for (uint32_t i = 0; i < count; i++) {
        struct work *work = &works[i];
        *work = (struct work){.count = live / count,
                              .state = 2463534242u + i,
                              .depth = (uint32_t)strtoul(argv[3], NULL, 10),
                              .replacements = replacements};
        work->blocks = malloc(work->count * sizeof(*work->blocks));
        if (!work->blocks)
            return 1;
        for (uint32_t at = 0; at < work->count; at++)
            work->blocks[at] = allocate(work);
    }
    double start = processor_seconds();
    for (uint32_t i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, run, &works[i]) != 0)
            return 1;
    for (uint32_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f\n", (processor_seconds() - start) * 1e9 / (double)(replacements * count));
    return 0;
}
