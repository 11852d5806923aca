/*
 * A program with functions of its own under libc's names, as profilers of locks and of memory put
 * them into one: they hand on what they find behind them, which they look up when their constructor
 * runs, and count. One, strdup, gives memory that is not malloc's. Alone nobody but the program
 * calls them; neither may the tracker, nor libunwind for it, before that constructor or later.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>

#include "host.h"

static unsigned long calls;
static char pool[4096];
static size_t used;

/* The type, the name, what it takes, and what it hands on. */
#define FUNCTIONS(F)                                                                               \
    F(void *, mmap, (void *a, size_t b, int c, int d, int e, off_t f), (a, b, c, d, e, f))         \
    F(int, munmap, (void *a, size_t b), (a, b))                                                    \
    F(int, mincore, (void *a, size_t b, void *c), (a, b, c))                                       \
    F(void *, sbrk, (intptr_t a), (a))                                                             \
    F(ssize_t, read, (int a, void *b, size_t c), (a, b, c))                                        \
    F(int, pipe2, (int *a, int b), (a, b))                                                         \
    F(int, sigaction, (int a, const void *b, void *c), (a, b, c))                                  \
    F(int, sigprocmask, (int a, const void *b, void *c), (a, b, c))                                \
    F(long, syscall, (long a, long b, long c, long d, long e, long f, long g),                     \
      (a, b, c, d, e, f, g))                                                                       \
    F(long, sysconf, (int a), (a))                                                                 \
    F(unsigned long, getauxval, (unsigned long a), (a))                                            \
    F(int, pthread_once, (void *a, void *b), (a, b))                                               \
    F(int, pthread_mutex_init, (void *a, void *b), (a, b))                                         \
    F(int, pthread_mutex_lock, (void *a), (a))                                                     \
    F(int, pthread_mutex_unlock, (void *a), (a))                                                   \
    F(int, pthread_setcancelstate, (int a, int *b), (a, b))                                        \
    F(int, pthread_setspecific, (unsigned a, void *b), (a, b))                                     \
    F(int, dl_iterate_phdr, (void *a, void *b), (a, b))                                            \
    F(size_t, strlen, (const char *a), (a))                                                        \
    F(int, strcmp, (const char *a, const char *b), (a, b))                                         \
    F(void *, memcpy, (void *a, const void *b, size_t c), (a, b, c))                               \
    F(void *, memmove, (void *a, const void *b, size_t c), (a, b, c))                              \
    F(void *, memset, (void *a, int b, size_t c), (a, b, c))                                       \
    F(int, memcmp, (const void *a, const void *b, size_t c), (a, b, c))                            \
    F(void *, memchr, (const void *a, int b, size_t c), (a, b, c))

#define DEFINE(type, name, takes, hands_on)                                                        \
    static type(*real_##name) takes;                                                               \
    type name takes;                                                                               \
    type name takes                                                                                \
    {                                                                                              \
        calls++;                                                                                   \
        return real_##name hands_on;                                                               \
    }
FUNCTIONS(DEFINE)

char *strdup(const char *text);
char *strdup(const char *text)
{
    char *copy = pool + used;
    calls++;
    do
        pool[used++] = *text;
    while (*text++);
    return copy;
}

__attribute__((constructor)) static void look_up(void)
{
    host_say("calls before the constructor: %lu", calls);
#define LOOK_UP(type, name, takes, hands_on) real_##name = (type(*) takes)dlsym(RTLD_NEXT, #name);
    FUNCTIONS(LOOK_UP)
}

/* From many depths, for a stack that is known is not unwound. */
static __attribute__((noinline)) size_t allocate(unsigned depth)
{
    if (depth > 0)
        return 1 + allocate(depth - 1);
    void *volatile block = malloc(100000);
    free(block);
    return 1;
}

int main(void)
{
    unsigned long before = calls;
    size_t depths = 0;
    for (unsigned depth = 0; depth < 100; depth++)
        depths += allocate(depth);
    HOST_CHECK(depths == 5050);
    host_say("calls by malloc: %lu", calls - before);
    before = calls;
    host_work(50000);
    host_say("calls by a table: %lu", calls - before);
    host_describe();
    return 0;
}
