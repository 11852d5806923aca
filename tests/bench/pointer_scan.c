/*
 * How fast is the pass for owners? Fills so many GiB (default 1) with words like a heap's, looks
 * for a thousand addresses and says GiB/s. Asserts nothing: `ninja tests/bench/pointer_scan`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "layouts/layout.h"
#include "memory_pass.h"
#include "system.h"

#define ADDRESSES 1000u

static uint64_t found;

static void count(void *context, uint64_t word, uint64_t where)
{
    (void)context;
    (void)word;
    (void)where;
    found++;
}

/* Half pointers into the same memory, half small numbers: the worst that a filter can meet. */
static void fill(uint64_t *words, size_t count)
{
    uint64_t state = 88172645463325252ull; /* xorshift64 (Marsaglia, 2003) */
    for (size_t i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        words[i] =
            state & 1 ? (uint64_t)(uintptr_t)words + state % (count * 8) / 16 * 16 : state % 100000;
    }
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    double gigabytes = argc > 1 ? strtod(argv[1], NULL) : 1;
    size_t bytes = (size_t)(gigabytes * (double)(1ull << 30)) & ~(size_t)4095;
    uint64_t *words = system_map(bytes);
    struct word_filter filter;
    struct memory_reader reader = process_reader(0);
    if (!words || !word_filter_begin(&filter, ADDRESSES)) {
        fprintf(stderr, "no memory\n");
        return 1;
    }
    fill(words, bytes / 8);
    for (size_t i = 0; i < ADDRESSES; i++)
        word_filter_add(&filter, (uint64_t)(uintptr_t)words + bytes / ADDRESSES / 16 * 16 * i);
    struct memory_pass pass = {
        .reader = &reader,
        .scratch = aligned_alloc(4096, LAYOUT_SCRATCH_BYTES),
        .filter = &filter,
        .found = count,
    };
    double began = seconds(CLOCK_MONOTONIC), ran = seconds(CLOCK_PROCESS_CPUTIME_ID);
    memory_pass_make(&pass);
    double took = seconds(CLOCK_MONOTONIC) - began;
    double processor = seconds(CLOCK_PROCESS_CPUTIME_ID) - ran;
    printf(
        "%.2f GiB in %.2f s (%.2f s of processor time): %.2f GiB/s, %llu words passed the filter\n",
        (double)pass.bytes / (double)(1ull << 30), took, processor,
        (double)pass.bytes / (double)(1ull << 30) / took, (unsigned long long)found);
    free(pass.scratch);
    word_filter_free(&filter);
    system_unmap(words, bytes);
    return 0;
}
