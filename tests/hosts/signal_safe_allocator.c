/*
 * An allocator that a signal handler may call at any moment: a bump pointer on one atomic counter,
 * free does nothing, pages are taken from one reservation. Preloaded below the tracker by
 * signals.c's tests, in the bare run as in the tracked one.
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RESERVED (4ULL << 30)
#define HEADER   16

static _Atomic(unsigned char *) base;
static atomic_size_t used;

static unsigned char *reservation(void)
{
    unsigned char *now = atomic_load(&base);
    if (now != NULL)
        return now;
    unsigned char *mine = mmap(NULL, RESERVED, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mine == MAP_FAILED)
        return NULL;
    if (atomic_compare_exchange_strong(&base, &now, mine))
        return mine;
    munmap(mine, RESERVED);
    return now;
}

static void *take(size_t alignment, size_t bytes)
{
    unsigned char *start = reservation();
    if (start == NULL || bytes > RESERVED / 2) {
        errno = ENOMEM;
        return NULL;
    }
    size_t room = (bytes + alignment + HEADER + 15) & ~(size_t)15;
    size_t offset = atomic_fetch_add(&used, room);
    if (offset + room > RESERVED) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t address = (uintptr_t)(start + offset + HEADER);
    address = (address + alignment - 1) & ~(uintptr_t)(alignment - 1);
    memcpy((void *)(address - sizeof bytes), &bytes, sizeof bytes);
    return (void *)address;
}

static size_t bytes_of(const void *block)
{
    size_t bytes;
    memcpy(&bytes, (const char *)block - sizeof bytes, sizeof bytes);
    return bytes;
}

void *malloc(size_t bytes)
{
    return take(16, bytes);
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return take(16, total); /* fresh pages are zero and never reused */
}

void *realloc(void *block, size_t bytes)
{
    void *moved = take(16, bytes);
    if (moved != NULL && block != NULL) {
        size_t before = bytes_of(block);
        memcpy(moved, block, before < bytes ? before : bytes);
    }
    return moved;
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    *out = take(alignment, bytes);
    return *out ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return take(alignment, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    return take(alignment, bytes);
}

size_t malloc_usable_size(void *block)
{
    return block ? bytes_of(block) : 0;
}

/* How signals.c knows that it runs over this allocator. */
int mallopt(int parameter, int value)
{
    (void)parameter;
    return value == -4711 ? 4711 : 1;
}
