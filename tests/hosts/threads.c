/*
 * Many threads and narrow ones: 1,000 of them, stacks of 16 KiB with the deepest calls into the
 * allocator, and blocks that one thread allocates and another frees or grows.
 */
#include "host.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MANY      1000
#define EXCHANGES 20000
#define MAILBOXES 64

static pthread_barrier_t all_there;
static _Atomic(void *) mailboxes[MAILBOXES];

static void *waits_for_all(void *unused)
{
    void *block = malloc(2000);
    host_work(300);
    pthread_barrier_wait(&all_there);
    host_work(300);
    free(block);
    return unused;
}

static void start(pthread_t *thread, size_t stack_bytes, void *(*body)(void *), void *argument)
{
    pthread_attr_t attributes;
    HOST_CHECK(pthread_attr_init(&attributes) == 0);
    HOST_CHECK(pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
    HOST_CHECK(pthread_create(thread, &attributes, body, argument) == 0);
    HOST_CHECK(pthread_attr_destroy(&attributes) == 0);
}

static int many(void)
{
    static pthread_t threads[MANY];
    HOST_CHECK(pthread_barrier_init(&all_there, NULL, MANY + 1) == 0);
    for (int i = 0; i < MANY; i++)
        start(&threads[i], 65536, waits_for_all, NULL);
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < MANY; i++)
        HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    host_describe();
    return 0;
}

/* A frame that the compiler cannot fold: 32 of them below the call to malloc. */
__attribute__((noinline)) static int descend(int depth, int (*bottom)(void))
{
    volatile char frame[16] = {0};
    frame[0] = (char)depth;
    return (depth == 0 ? bottom() : descend(depth - 1, bottom)) + frame[0] - (char)depth;
}

static int work_at_the_bottom(void)
{
    /* The last calls of free and malloc below grow a table: unwinding, looking, recording. */
    host_work(5000);
    void *block = realloc(malloc(1500), 6000);
    free(block);
    return 0;
}

static void *narrow(void *unused)
{
    HOST_CHECK(descend(32, work_at_the_bottom) == 0);
    return unused;
}

/* 16 KiB is the smallest stack that pthreads grants (and glibc takes the thread's TLS from it). */
#define USED_BYTES 6000 /* of which 16,384 leave enough for malloc, and not for much more */

static void *narrow_and_used_up(void *unused)
{
    volatile char used[USED_BYTES];
    used[0] = 0;
    host_work(3000 + (size_t)used[0]);
    return unused;
}

static void *narrow_and_ends(void *unused)
{
    volatile char used[USED_BYTES];
    used[0] = 11;
    host_work(3000);
    HOST_CHECK(calloc(1, 100000) != NULL);
    exit(used[0]);
    return unused;
}

/* Stacks that the program gave, with its own data below them and no page between. */
static int given_stacks(void)
{
    enum { BELOW = 8192, STACK = 16384 };
    static char memory[BELOW + STACK] __attribute__((aligned(4096)));
    pthread_attr_t attributes;
    pthread_t thread;
    HOST_CHECK(pthread_attr_init(&attributes) == 0);
    HOST_CHECK(pthread_attr_setstack(&attributes, memory + BELOW, STACK) == 0);
    for (int i = 0; i < 4; i++) {
        HOST_CHECK(pthread_create(&thread, &attributes, narrow_and_used_up, NULL) == 0);
        HOST_CHECK(pthread_join(thread, NULL) == 0);
    }
    HOST_CHECK(pthread_attr_destroy(&attributes) == 0);
    size_t written = 0;
    for (size_t i = 0; i < BELOW; i++)
        written += memory[i] != 0;
    host_say("%zu bytes below", written);
    return 0;
}

static int narrow_stacks_used_up(void)
{
    pthread_t thread;
    for (int i = 0; i < 16; i++) {
        start(&thread, PTHREAD_STACK_MIN, narrow_and_used_up, NULL);
        HOST_CHECK(pthread_join(thread, NULL) == 0);
    }
    host_say("ends");
    start(&thread, PTHREAD_STACK_MIN, narrow_and_ends, NULL);
    pthread_join(thread, NULL);
    return 1;
}

static int narrow_stacks(void)
{
    pthread_t threads[16];
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 16; i++)
            start(&threads[i], PTHREAD_STACK_MIN, narrow, NULL);
        for (int i = 0; i < 16; i++)
            HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    }
    host_describe();
    return 0;
}

static void *exchanges(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < EXCHANGES; i++) {
        size_t bytes = 900 + rand_r(&seed) % 5000;
        unsigned char *block = malloc(bytes);
        HOST_CHECK(block != NULL);
        memset(block, 0x5a, bytes);
        unsigned char *other = atomic_exchange(&mailboxes[rand_r(&seed) % MAILBOXES], block);
        if (other == NULL)
            continue;
        HOST_CHECK(other[0] == 0x5a && other[899] == 0x5a);
        if (i % 3 == 0) {
            other = realloc(other, 3000);
            HOST_CHECK(other != NULL && other[0] == 0x5a && other[899] == 0x5a);
        }
        free(other);
    }
    return NULL;
}

/* The order race of realloc and free: an address belongs to another thread the moment it is freed.
 */
static int exchange(void)
{
    pthread_t threads[8];
    for (uintptr_t i = 0; i < 8; i++)
        start(&threads[i], 65536, exchanges, (void *)(i + 1));
    for (int i = 0; i < 8; i++)
        HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < MAILBOXES; i++)
        free(mailboxes[i]);
    host_describe();
    return 0;
}

static void *outlives_main(void *main_thread)
{
    static struct host_table kept;
    HOST_CHECK(pthread_join(*(pthread_t *)main_thread, NULL) == 0);
    host_table_fill(&kept, 200000);
    host_describe();
    exit(5);
}

static int main_thread_leaves(void)
{
    static pthread_t self;
    pthread_t thread;
    self = pthread_self();
    start(&thread, 65536, outlives_main, &self);
    pthread_exit(NULL);
}

static void *keeps_working(void *unused)
{
    for (;;)
        host_work(2000);
    return unused;
}

/* The process ends while threads are inside malloc, free and growing tables. */
static int busy_at_exit(void)
{
    pthread_t thread;
    for (int i = 0; i < 4; i++)
        start(&thread, 65536, keeps_working, NULL);
    usleep(20000);
    host_describe();
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"many", many},
                                             {"narrow-stacks", narrow_stacks},
                                             {"narrow-stacks-used-up", narrow_stacks_used_up},
                                             {"given-stacks", given_stacks},
                                             {"exchange", exchange},
                                             {"main-thread-leaves", main_thread_leaves},
                                             {"busy-at-exit", busy_at_exit},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
