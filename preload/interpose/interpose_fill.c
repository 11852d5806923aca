/*
 * memset, in front of libc's: clear() of most tables fills the array with one byte, and so does
 * libstdc++'s destructor before it frees the array. What the table held is to be read before.
 *
 * What is smaller than a table that is worth a line when it is freed costs one comparison and a
 * jump. memset may be called from signal handlers and before anything is relocated (trap 19): until
 * the real one is known this one needs neither it nor any relocation.
 */
#include "interpose_fill.h"

#include <string.h>

#include "growth_cleared.h"
#include "hot.h"
#include "real.h"
#include "tracker.h"

#define EXPORT    __attribute__((visibility("default")))
#define LIKELY(x) __builtin_expect(!!(x), 1)

/* The compiler would make a loop a call of memset again. */
static void fill(void *start, int byte, size_t bytes)
{
    __asm__ volatile("rep stosb" : "+D"(start), "+c"(bytes) : "a"(byte) : "memory");
}

/* Fewer bytes go straight to the real one: none until that is known. */
static size_t watched_from;

void interpose_fill_start(void)
{
    if (real.memset)
        watched_from = GROWTH_CLEARED_LEAST;
}

static __attribute__((noinline)) void *fill_much(void *start, int byte, size_t bytes)
{
    tracker_filling(start, bytes);
    if (real.memset)
        return real.memset(start, byte, bytes);
    fill(start, byte, bytes);
    return start;
}

EXPORT HOT void *memset(void *start, int byte, size_t bytes)
{
    if (LIKELY(bytes < watched_from))
        return real.memset(start, byte, bytes);
    return fill_much(start, byte, bytes);
}
