/*
 * Programs that set flags of the processor which make plain instructions trap: one that steps
 * through itself, as code does that hides from debuggers or counts what it executes, and one that
 * wants each word where it ought to lie. What the allocator does meanwhile is part of the program,
 * but no more of it than without the tracker.
 */
#include "host.h"

#include <signal.h>
#include <stdlib.h>
#include <x86intrin.h>

#define STEP    (1ull << 8)
#define ALIGNED (1ull << 18)
#define BLOCKS  5

static volatile sig_atomic_t steps;

static void on_step(int number)
{
    (void)number;
    steps++;
}

static void set(unsigned long long flag)
{
    __writeeflags(__readeflags() | flag);
}

static void clear(unsigned long long flag)
{
    __writeeflags(__readeflags() & ~flag);
}

/* A table that doubles, filled without libc, whose memset reads and writes where it likes. Inlined:
 * the loader, which finds a function when it is first called, is no better. */
static void grow(uint64_t *blocks[BLOCKS])
{
    uint64_t *table = NULL;
    size_t capacity = 128;
    for (int i = 0; i < BLOCKS; i++) {
        uint64_t *bigger = malloc(capacity * sizeof(*bigger));
        blocks[i] = malloc(3000);
        if (!bigger || !blocks[i])
            abort();
        for (size_t slot = 0; slot < capacity; slot += 16)
            bigger[slot] = slot * 0x9E3779B97F4A7C15ull;
        free(table);
        table = bigger;
        capacity *= 2;
    }
    free(table);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

/* There are 4,500 without the tracker, 6,500 with it; unwound one stack would be some thousands. */
static int steps_itself(void)
{
    static uint64_t *blocks[BLOCKS];
    host_work(10000);
    grow(blocks);
    HOST_CHECK(signal(SIGTRAP, on_step) != SIG_ERR);
    set(STEP);
    grow(blocks);
    clear(STEP);
    HOST_CHECK(steps > 1000);
    host_say("steps: %s", steps < 13000 ? "as many as expected" : "too many");
    return 17;
}

static int wants_alignment(void)
{
    static uint64_t *blocks[BLOCKS];
    host_work(10000);
    grow(blocks);
    set(ALIGNED);
    grow(blocks);
    HOST_CHECK(__readeflags() & ALIGNED);
    clear(ALIGNED);
    host_say("done");
    return 17;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"steps-itself", steps_itself}, {"wants-alignment", wants_alignment}, {NULL, NULL}};
    return host_main(argc, argv, cases);
}
