/*
 * Programs that look at the floating-point exceptions there were, let them trap, or round
 * otherwise: none may come from the allocator, and nothing may be other than it was.
 */
#include "host.h"

#include <fenv.h>
#include <stdlib.h>
#include <string.h>

static void many_tables(void)
{
    for (size_t entries = 1000; entries <= 100000; entries *= 10)
        host_work(entries);
    for (size_t bytes = 1024; bytes < 1000000; bytes *= 2) {
        char *block = malloc(bytes);
        HOST_CHECK(block != NULL);
        memset(block, (int)(bytes >> 10), bytes);
        block = realloc(block, 2 * bytes);
        HOST_CHECK(block != NULL);
        memset(block, 1, 2 * bytes);
        free(block);
    }
}

/* A table is left for the end, where it is read. */
static int end(void)
{
    static struct host_table kept;
    host_table_fill(&kept, 50000);
    host_say("exceptions %x, rounding %x", (unsigned)fetestexcept(FE_ALL_EXCEPT),
             (unsigned)fegetround());
    return 13;
}

static int flags(void)
{
    host_say("at the beginning %x", (unsigned)fetestexcept(FE_ALL_EXCEPT));
    many_tables();
    host_say("exceptions %x", (unsigned)fetestexcept(FE_ALL_EXCEPT));
    feraiseexcept(FE_DIVBYZERO);
    many_tables();
    return end();
}

static int traps(void)
{
    HOST_CHECK(feenableexcept(FE_ALL_EXCEPT) != -1);
    many_tables();
    return end();
}

static int rounds_up(void)
{
    HOST_CHECK(fesetround(FE_UPWARD) == 0);
    many_tables();
    return end();
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"flags", flags}, {"traps", traps}, {"rounds-up", rounds_up}, {NULL, NULL}};
    return host_main(argc, argv, cases);
}
