/*
 * Asks glibc for the bytes in use and the kernel for the bytes resident, as the Go example that
 * this one follows asks runtime.ReadMemStats.
 */
#include "memory.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

static double mebibytes(double bytes)
{
    return bytes / (1024 * 1024);
}

static double resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");

    if (!statm)
        return 0;
    if (fscanf(statm, "%*u %lu", &pages) != 1)
        pages = 0;
    fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void print_memory(const char *moment)
{
    /* What runtime.GC() is to Go: without it the resident bytes would show the pages that malloc
     * keeps for later beside those that the program holds. */
    malloc_trim(0);

    /* Blocks from the heap, and blocks so large that they were mapped one by one. */
    struct mallinfo2 heap = mallinfo2();
    double in_use = (double)heap.uordblks + (double)heap.hblkhd;

    printf("%-34s %7.1f MiB in use  %7.1f MiB resident\n", moment, mebibytes(in_use),
           mebibytes(resident_bytes()));
}
