/*
 * An allocator that maps memory for itself under its lock, which it takes but once: Electric Fence
 * is one. Preloaded before the tracker, which unwinds at that mmap: if it allocates there, the
 * program waits for itself for ever.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

#define RECORD_BYTES (1u << 20) /* as large as a table that the tracker wants to know of */
#define KEPT         16u
#define CALLS        256u /* to a record */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *records[KEPT];
static unsigned calls;

/* A new record of what it gave out, now and then in place of an old one. */
static void begin(void)
{
    pthread_mutex_lock(&lock);
    unsigned at = calls / CALLS % KEPT;
    if (calls++ % CALLS != 0)
        return;
    if (records[at])
        munmap(records[at], RECORD_BYTES);
    void *record =
        mmap(NULL, RECORD_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    records[at] = record == MAP_FAILED ? NULL : record;
}

static void *end(void *block)
{
    pthread_mutex_unlock(&lock);
    return block;
}

void *malloc(size_t bytes)
{
    begin();
    return end(__libc_malloc(bytes));
}

void *calloc(size_t count, size_t bytes)
{
    begin();
    return end(__libc_calloc(count, bytes));
}

void *realloc(void *block, size_t bytes)
{
    begin();
    return end(__libc_realloc(block, bytes));
}

void *memalign(size_t alignment, size_t bytes)
{
    begin();
    return end(__libc_memalign(alignment, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    void *got = memalign(alignment, bytes);
    if (!got)
        return ENOMEM;
    *block = got;
    return 0;
}

void free(void *block)
{
    begin();
    __libc_free(block);
    end(NULL);
}
