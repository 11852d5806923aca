/*
 * Tracked blocks whose pages turn to something else: unmapped, unreadable, a file that was
 * truncated (reading it is SIGBUS), never touched at all. The tracker looks at blocks when they
 * grow, are freed and at the end; it must neither fault nor make an untouched gigabyte resident.
 */
#include "host.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE               4096u
#define BLOCK              (1u << 20)
#define RESIDENT_LIMIT_KIB (200L << 10)

/* A block with a mapping of its own, which free gives back without looking inside. */
static unsigned char *mapped_block(size_t bytes)
{
    void *block = NULL;
    /* Also switches off the threshold's own growth, so that every block here is mapped. */
    HOST_CHECK(mallopt(M_MMAP_THRESHOLD, 128 << 10) == 1);
    HOST_CHECK(posix_memalign(&block, PAGE, bytes) == 0);
    return block;
}

/* Looks like the slots of a table: half of the words in use. */
static void half_fill(unsigned char *block, size_t bytes)
{
    for (size_t at = 0; at + 8 <= bytes; at += 16) {
        uint64_t word = at * 0x9e3779b97f4a7c15ULL | 1;
        memcpy(block + at, &word, sizeof word);
    }
}

static long resident_kib(void)
{
    char text[128] = "";
    unsigned long total, resident = 0;
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    HOST_CHECK(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    char *end;
    total = strtoul(text, &end, 10);
    resident = strtoul(end, NULL, 10);
    HOST_CHECK(total > resident);
    return (long)resident * (long)(PAGE / 1024);
}

/* Spoils some pages of a block, then lets the tracker look at it in each way that it has: growth
 * into a bigger block, realloc, free, and the end of the process. */
static void use_spoilt(void (*spoil)(unsigned char *block))
{
    unsigned char *old = mapped_block(BLOCK);
    half_fill(old, BLOCK);
    spoil(old);
    unsigned char *bigger = mapped_block(2 * BLOCK);
    half_fill(bigger, 2 * BLOCK);
    free(old);

    unsigned char *whole = mapped_block(BLOCK);
    half_fill(whole, BLOCK);
    spoil(whole);
    free(whole);

    unsigned char *cleared = mapped_block(BLOCK);
    half_fill(cleared, BLOCK);
    spoil(cleared + BLOCK / 2); /* its head looks healthy */
    free(cleared);

    spoil(bigger); /* and stays until the end */
    spoil(bigger + BLOCK);
    host_work(50000);
    host_describe();
}

static void make_unreadable(unsigned char *block)
{
    HOST_CHECK(mprotect(block, 16 * PAGE, PROT_NONE) == 0);
    HOST_CHECK(mprotect(block + 20 * PAGE, PAGE, PROT_NONE) == 0);
}

static int unreadable(void)
{
    use_spoilt(make_unreadable);
    return 0;
}

/* A grown block may be moved with its protection: realloc of a mapped chunk is mremap. */
static int unreadable_grown(void)
{
    unsigned char *block = NULL;
    HOST_CHECK(mallopt(M_MMAP_THRESHOLD, 128 << 10) == 1);
    block = malloc(BLOCK);
    half_fill(block, BLOCK);
    unsigned char *page =
        (unsigned char *)(((uintptr_t)block + BLOCK / 2) & ~(uintptr_t)(PAGE - 1));
    size_t offset = (size_t)(page - block);
    HOST_CHECK(mprotect(page, PAGE, PROT_NONE) == 0);
    /* glibc's mremap refuses nothing here: the whole mapping moves when its flags are equal, and
     * fails when they are not; a program that does this gets NULL and keeps the block. */
    unsigned char *grown = realloc(block, BLOCK + PAGE / 2);
    host_say("realloc within the last page: %s", grown == block ? "in place" : "elsewhere");
    HOST_CHECK(grown != NULL);
    HOST_CHECK(mprotect(grown + offset, PAGE, PROT_READ | PROT_WRITE) == 0);
    free(grown);
    host_work(50000);
    host_describe();
    return 0;
}

/* A hole of one page: free() will unmap the whole block, with whatever was mapped into the hole
 * meanwhile, and nothing in the process maps as little as that. */
static void unmap_part(unsigned char *block)
{
    HOST_CHECK(munmap(block + 4 * PAGE, PAGE) == 0);
}

static int unmapped(void)
{
    use_spoilt(unmap_part);
    return 0;
}

static void map_over(unsigned char *block)
{
    void *fresh = mmap(block + 4 * PAGE, 8 * PAGE, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    HOST_CHECK(fresh == block + 4 * PAGE);
    HOST_CHECK(madvise(block + 16 * PAGE, 4 * PAGE, MADV_DONTNEED) == 0);
}

static int mapped_over(void)
{
    use_spoilt(map_over);
    return 0;
}

static void truncate_under(unsigned char *block)
{
    int file = open("truncated", O_CREAT | O_RDWR, 0600);
    HOST_CHECK(file >= 0 && ftruncate(file, 8 * PAGE) == 0);
    void *view = mmap(block, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    HOST_CHECK(view == block);
    half_fill(block, 8 * PAGE);
    HOST_CHECK(ftruncate(file, 0) == 0 && close(file) == 0);
}

static int truncated(void)
{
    use_spoilt(truncate_under);
    return 0;
}

/* A table that stays until the end, for the snapshot to wonder who points at it. */
static void kept_table(size_t entries)
{
    static struct host_table table;
    host_table_fill(&table, entries);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Memory reserved and not used costs nothing, and must still cost nothing when the tracker has
 * looked: untouched blocks that grow, are freed, and 4 GiB that stay until the end. */
static int untouched(void)
{
    double start = now();
    void *small = calloc(1, 64 << 20);
    void *kept = calloc(1, (size_t)1 << 30);
    for (size_t bytes = 64 << 20; bytes <= 512 << 20; bytes *= 2) {
        void *bigger = calloc(1, bytes);
        HOST_CHECK(bigger != NULL);
        free(small);
        small = bigger;
    }
    void *large = malloc((size_t)4 << 30);
    host_say("4 GiB: %s", large ? "reserved" : "refused");
    small = realloc(small, (size_t)1 << 30);
    HOST_CHECK(kept != NULL && small != NULL);
    HOST_CHECK(resident_kib() < RESIDENT_LIMIT_KIB);
    HOST_CHECK(now() - start < 2.0);
    host_describe();
    return 0;
}

/* The same with a last snapshot in a child: LTP's fork14 has terabytes mapped, and forks and forks.
 */
static void leaves_untouched(void)
{
    struct rusage usage;
    int status;
    pid_t child = fork();
    HOST_CHECK(child >= 0);
    if (child == 0) {
        for (int i = 0; i < 8; i++)
            HOST_CHECK(mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
        exit(0);
    }
    HOST_CHECK(wait4(child, &status, 0, &usage) == child && status == 0);
    HOST_CHECK(usage.ru_minflt < 5000);
}

/* Blocks that are freed with nothing but their first page touched, of sizes that tables have: 2^24
 * slots of 24 bytes and 24 more (ska), 2^25 buckets, a prime number of them (libstdc++). To read
 * one of them would put a page of zeros into each of its 4 KiB. */
static int untouched_and_freed(void)
{
    const size_t sizes[] = {(((size_t)1 << 24) + 24) * 24, ((size_t)1 << 25) * 16, 85229 * 8 * 800,
                            (((size_t)1 << 23) + 23) * 40, ((size_t)1 << 30) - 16, (size_t)1 << 30};
    struct rusage before, after;
    HOST_CHECK(getrusage(RUSAGE_SELF, &before) == 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char *block = calloc(1, sizes[i]);
        HOST_CHECK(block != NULL);
        /* A huge page of zeros would be one fault for 2 MiB. */
        madvise(block - (uintptr_t)block % PAGE, sizes[i], MADV_NOHUGEPAGE);
        block[0] = 0;
        /* What could be the array that a table grew into, as little used. */
        void *twice = malloc(2 * sizes[i]);
        free(block);
        free(twice);
    }
    HOST_CHECK(getrusage(RUSAGE_SELF, &after) == 0);
    HOST_CHECK(after.ru_minflt - before.ru_minflt < 5000);
    leaves_untouched();
    host_describe();
    return 0;
}

/* Address space reserved by the dozen of gigabytes, readable and writable, hardly used: what
 * garbage collectors, mimalloc and AddressSanitizer do. Whoever walks the mappings must not walk
 * these. */
static int reserved(void)
{
    const size_t bytes = (size_t)64 << 30;
    double start = now();
    char *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED)
        host_skip("64 GiB of address space are refused here");
    for (size_t at = 0; at < bytes; at += bytes / 4)
        space[at] = 1;
    host_work(50000);
    kept_table(200000);
    HOST_CHECK(resident_kib() < RESIDENT_LIMIT_KIB);
    HOST_CHECK(now() - start < 2.0);
    host_describe();
    return 0;
}

/* Mappings of the program's own are no blocks; pointers into them that reach free's relatives by
 * mistake are the program's affair, but mremap and MAP_FIXED next to tracked blocks are legal. */
static int own_mappings(void)
{
    for (int round = 0; round < 200; round++) {
        char *view =
            mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        HOST_CHECK(view != MAP_FAILED);
        memset(view, round, 64 * PAGE);
        HOST_CHECK(munmap(view + 16 * PAGE, 8 * PAGE) == 0);
        view = mremap(view, 16 * PAGE, 256 * PAGE, MREMAP_MAYMOVE);
        HOST_CHECK(view != MAP_FAILED && view[16 * PAGE - 1] == (char)round);
        void *block = malloc(300000); /* likely in a hole just made */
        memset(block, round, 300000);
        HOST_CHECK(munmap(view, 256 * PAGE) == 0);
        free(block);
    }
    host_work(50000);
    host_describe();
    return 0;
}

/* As many mappings side by side as fill the area. Each is wished for where memory is free, but the
 * tracker maps memory as well: false, and none is left, when one came to lie elsewhere. */
static bool map_side_by_side(char *start, size_t area)
{
    for (size_t at = 0; at < area; at += BLOCK) {
        char *block =
            mmap(start + at, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        HOST_CHECK(block != MAP_FAILED);
        if (block == start + at)
            continue;
        HOST_CHECK(munmap(block, BLOCK) == 0);
        for (size_t mapped = 0; mapped < at; mapped += BLOCK)
            HOST_CHECK(munmap(start + mapped, BLOCK) == 0);
        return false;
    }
    return true;
}

/* Mappings side by side that one munmap takes away: none of them may be counted any longer. */
static int unmapped_together(void)
{
    const size_t area = 16u << 20;
    int unmapped = 0;
    for (int round = 0; round < 100 && unmapped < 20; round++) {
        char *start = mmap(NULL, area, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        HOST_CHECK(start != MAP_FAILED && munmap(start, area) == 0);
        if (!map_side_by_side(start, area))
            continue;
        memset(start, round, area);
        HOST_CHECK(munmap(start, area) == 0);
        unmapped++;
    }
    HOST_CHECK(unmapped == 20);
    host_describe();
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"unreadable", unreadable},
                                             {"unreadable-grown", unreadable_grown},
                                             {"unmapped", unmapped},
                                             {"mapped-over", mapped_over},
                                             {"truncated", truncated},
                                             {"untouched", untouched},
                                             {"untouched-and-freed", untouched_and_freed},
                                             {"reserved", reserved},
                                             {"own-mappings", own_mappings},
                                             {"unmapped-together", unmapped_together},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
