/*
 * What malloc(3) and its relatives promise, at the edges where an interposer that computes sizes,
 * keeps records or calls the kernel shows through. Every line of output is compared with glibc's
 * own.
 */
#include "host.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define UNTOUCHED 123 /* an errno that nothing sets */

/* The sizes around the tracker's threshold, a page, and malloc's own mmap threshold. */
static const size_t sizes[] = {0,    1,    8,     24,     1023,   1024,   1025,    4095,
                               4096, 4097, 65536, 131071, 131072, 200000, 1 << 20, 5 << 20};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* Opaque to the compiler, which knows too much about constants passed to malloc. */
static size_t opaque(size_t value)
{
    volatile size_t copy = value;
    return copy;
}

static void fill(unsigned char *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        block[i] = (unsigned char)(i * 31 + 7);
}

static bool is_filled(const unsigned char *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (block[i] != (unsigned char)(i * 31 + 7))
            return false;
    }
    return true;
}

static int ordinary(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        errno = UNTOUCHED;
        unsigned char *block = malloc(opaque(sizes[i]));
        HOST_CHECK(block != NULL && (uintptr_t)block % alignof(max_align_t) == 0);
        HOST_CHECK(malloc_usable_size(block) >= sizes[i]);
        /* Programs may use all of it. */
        fill(block, malloc_usable_size(block));
        HOST_CHECK(is_filled(block, malloc_usable_size(block)));
        free(block);
        HOST_CHECK(errno == UNTOUCHED);
    }
    void *first = malloc(opaque(0)), *second = malloc(opaque(0));
    HOST_CHECK(first != NULL && second != NULL && first != second);
    free(first);
    free(second);
    free(NULL);
    HOST_CHECK(malloc_usable_size(NULL) == 0);
    return 0;
}

static int zeroed(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        unsigned char *dirty = malloc(opaque(sizes[i]) + 64);
        memset(dirty, 0xee, sizes[i] + 64);
        free(dirty);
        unsigned char *block = calloc(1, opaque(sizes[i]));
        HOST_CHECK(block != NULL);
        for (size_t at = 0; at < sizes[i]; at++)
            HOST_CHECK(block[at] == 0);
        free(block);
    }
    void *none = calloc(opaque(0), 100);
    HOST_CHECK(none != NULL);
    free(none);
    none = calloc(100, opaque(0));
    HOST_CHECK(none != NULL);
    free(none);
    return 0;
}

static int reallocated(void)
{
    for (size_t from = 0; from < SIZES; from++) {
        for (size_t to = 0; to < SIZES; to++) {
            unsigned char *block = malloc(opaque(sizes[from]));
            size_t both = sizes[from] < sizes[to] ? sizes[from] : sizes[to];
            fill(block, sizes[from]);
            errno = UNTOUCHED;
            block = realloc(block, opaque(sizes[to]));
            if (sizes[to] == 0) {
                HOST_CHECK(block == NULL && errno == UNTOUCHED); /* glibc: it was freed */
                continue;
            }
            HOST_CHECK(block != NULL && is_filled(block, both) && errno == UNTOUCHED);
            HOST_CHECK(malloc_usable_size(block) >= sizes[to]);
            free(block);
        }
    }
    unsigned char *grown = realloc(NULL, opaque(100));
    HOST_CHECK(grown != NULL);
    for (size_t bytes = 100; bytes < 3 << 20; bytes += bytes / 3) {
        fill(grown, bytes);
        grown = reallocarray(grown, bytes + bytes / 3, 1);
        HOST_CHECK(grown != NULL && is_filled(grown, bytes));
    }
    free(grown);
    return 0;
}

/* A failed realloc keeps the block: it must stay tracked, whole and freeable. */
static int refused(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        unsigned char *block = malloc(opaque(sizes[i]));
        fill(block, sizes[i]);
        const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 4096, PTRDIFF_MAX, (size_t)1 << 62};
        for (size_t j = 0; j < sizeof impossible / sizeof impossible[0]; j++) {
            errno = 0;
            HOST_CHECK(realloc(block, opaque(impossible[j])) == NULL && errno == ENOMEM);
            errno = 0;
            HOST_CHECK(reallocarray(block, opaque(impossible[j]), 2) == NULL && errno == ENOMEM);
            errno = 0;
            HOST_CHECK(malloc(opaque(impossible[j])) == NULL && errno == ENOMEM);
            errno = 0;
            HOST_CHECK(calloc(opaque(impossible[j]), 1) == NULL && errno == ENOMEM);
            errno = 0;
            HOST_CHECK(calloc(opaque(impossible[j]), 16) == NULL && errno == ENOMEM);
            errno = 0;
            HOST_CHECK(memalign(4096, opaque(impossible[j])) == NULL && errno == ENOMEM);
        }
        HOST_CHECK(is_filled(block, sizes[i]));
        HOST_CHECK(malloc_usable_size(block) >= sizes[i]);
        block = realloc(block, sizes[i] + 5000);
        HOST_CHECK(block != NULL && is_filled(block, sizes[i]));
        free(block);
    }
    return 0;
}

static void check_aligned(void *block, size_t alignment, size_t bytes)
{
    HOST_CHECK(block != NULL && (uintptr_t)block % alignment == 0);
    HOST_CHECK(malloc_usable_size(block) >= bytes);
    fill(block, bytes);
    block = realloc(block, bytes + 3000);
    HOST_CHECK(block != NULL && is_filled(block, bytes));
    errno = UNTOUCHED;
    free(block);
    HOST_CHECK(errno == UNTOUCHED);
}

static int aligned(void)
{
    for (size_t alignment = sizeof(void *); alignment <= 4 << 20; alignment *= 2) {
        for (size_t i = 0; i < SIZES; i++) {
            void *block = NULL;
            errno = UNTOUCHED;
            HOST_CHECK(posix_memalign(&block, alignment, sizes[i]) == 0 && errno == UNTOUCHED);
            check_aligned(block, alignment, sizes[i]);
            check_aligned(aligned_alloc(alignment, sizes[i]), alignment, sizes[i]);
            check_aligned(memalign(alignment, sizes[i]), alignment, sizes[i]);
        }
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < SIZES; i++) {
        check_aligned(valloc(sizes[i]), page, sizes[i]);
        check_aligned(pvalloc(sizes[i]), page, (sizes[i] + page - 1) & ~(page - 1));
    }
    return 0;
}

/* For tcmalloc's debug version, which ends a program that asks for the size of such a block: the
 * tracker must not ask on its behalf. */
static int aligned_unasked(void)
{
    for (size_t alignment = sizeof(void *); alignment <= 1 << 20; alignment *= 2) {
        for (size_t i = 0; i < SIZES; i++) {
            unsigned char *block = NULL;
            HOST_CHECK(posix_memalign((void **)&block, alignment, sizes[i]) == 0);
            HOST_CHECK((uintptr_t)block % alignment == 0);
            memset(block, 'x', sizes[i]);
            free(block);
        }
    }
    return 0;
}

/* Impossible alignments: an error number returned, or in errno, never both mixed up. */
static int misaligned(void)
{
    const size_t impossible[] = {0, 1, 3, 4, 7, 12, 24, 1000, SIZE_MAX / 2 + 2, SIZE_MAX};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        void *block = &block;
        errno = UNTOUCHED;
        HOST_CHECK(posix_memalign(&block, opaque(impossible[i]), 2000) == EINVAL);
        HOST_CHECK(block == &block && errno == UNTOUCHED);
        errno = UNTOUCHED;
        block = memalign(opaque(impossible[i]), 2000); /* rounds up to a power of two, or fails */
        host_say("memalign(%zu): %s, errno %d", impossible[i], block ? "a block" : "null", errno);
        free(block);
        errno = UNTOUCHED;
        block = aligned_alloc(opaque(impossible[i]), 2000);
        host_say("aligned_alloc(%zu): %s, errno %d", impossible[i], block ? "a block" : "null",
                 errno);
        free(block);
    }
    void *block = &block;
    errno = UNTOUCHED;
    HOST_CHECK(posix_memalign(&block, 64, opaque(SIZE_MAX)) == ENOMEM && block == &block);
    host_say("posix_memalign(huge): errno %d", errno);
    errno = 0;
    HOST_CHECK(valloc(opaque(SIZE_MAX)) == NULL && errno == ENOMEM);
    errno = 0;
    HOST_CHECK(pvalloc(opaque(SIZE_MAX)) == NULL && errno == ENOMEM);
    return 0;
}

static int tuned(void)
{
    HOST_CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
    HOST_CHECK(mallopt(M_ARENA_MAX, 1) == 1);
    HOST_CHECK(mallopt(M_TRIM_THRESHOLD, 64 << 10) == 1);
    free(malloc(2000)); /* the heap comes into being with the first block */
    struct mallinfo2 before = mallinfo2();
    void *block = malloc(500000);
    struct mallinfo2 after = mallinfo2();
    HOST_CHECK(after.uordblks >= before.uordblks + 500000);
    HOST_CHECK(after.uordblks < before.uordblks + 600000);
    free(block);
    malloc_trim(0);
    after = mallinfo2();
    HOST_CHECK(after.uordblks == before.uordblks);
    host_work(50000);
    return 0;
}

/* Out of memory again and again: the tracker, short of memory itself, must keep out of the way. */
static int exhausted(void)
{
    struct rlimit limit = {256 << 20, 256 << 20};
    HOST_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int round = 0; round < 5; round++) {
        void **last = NULL;
        for (size_t bytes = 8 << 20; bytes >= 1024; bytes /= 2) {
            void **block;
            while (errno = UNTOUCHED, (block = malloc(bytes)) != NULL) {
                HOST_CHECK(errno == UNTOUCHED);
                *block = last;
                last = block;
            }
            HOST_CHECK(errno == ENOMEM);
        }
        HOST_CHECK(last != NULL);
        HOST_CHECK(realloc(last, 64 << 20) == NULL && errno == ENOMEM);
        while (last != NULL) {
            void **next = *last;
            errno = UNTOUCHED;
            free(last);
            HOST_CHECK(errno == UNTOUCHED);
            last = next;
        }
    }
    host_work(50000);
    return 0;
}

/* C23's, which glibc has from 2.43 on. */
void free_sized(void *block, size_t bytes) __attribute__((weak));
void free_aligned_sized(void *block, size_t alignment, size_t bytes) __attribute__((weak));

static void free_knowing(void *block, size_t alignment, size_t bytes)
{
    if (alignment == 0 && free_sized)
        free_sized(block, bytes);
    else if (alignment != 0 && free_aligned_sized)
        free_aligned_sized(block, alignment, bytes);
    else
        free(block);
}

/* All are held at once: a block that stays tracked is still counted in the end. */
static int freed_by_size(void)
{
    void *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = i % 2 ? aligned_alloc(64, 64 * (i + 1) * 16) : malloc(1000 * i);
        HOST_CHECK(blocks[i] != NULL);
    }
    for (size_t i = 0; i < 200; i++) {
        errno = UNTOUCHED;
        free_knowing(blocks[i], i % 2 ? 64 : 0, i % 2 ? 64 * (i + 1) * 16 : 1000 * i);
        HOST_CHECK(errno == UNTOUCHED);
    }
    free_knowing(NULL, 0, 0);
    free_knowing(NULL, 64, 64);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"ordinary", ordinary},     {"zeroed", zeroed},   {"reallocated", reallocated},
        {"refused", refused},       {"aligned", aligned}, {"aligned-unasked", aligned_unasked},
        {"misaligned", misaligned}, {"tuned", tuned},     {"exhausted", exhausted},
        {"by-size", freed_by_size}, {NULL, NULL}};
    int status = host_main(argc, argv, cases);
    host_describe();
    return status;
}
