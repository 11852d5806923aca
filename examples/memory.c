/*
 * Asks glibc for the bytes in use and the kernel for the bytes resident, as the Go example that
 * this one follows asks runtime.ReadMemStats.
 */
#include "memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static double mebibytes(double bytes)
{
    return bytes / (1024 * 1024);
}

/* The second number of /proc/self/statm: resident pages; proc(5). */
static double resident_bytes(void)
{
    char line[256] = "";
    char *after_size;
    FILE *statm = fopen("/proc/self/statm", "r");

    if (!statm)
        return 0;
    if (!fgets(line, sizeof(line), statm))
        line[0] = '\0';
    fclose(statm);
    strtoul(line, &after_size, 10);
    return (double)strtoul(after_size, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
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
