/*
 * Allocations when a thread has nearly ended: in pthread_key destructors that set their key again
 * (up to four rounds), in __cxa_thread_atexit_impl destructors, in cleanup handlers of a cancelled
 * thread. A tracker's own per-thread state may be gone by then.
 */
#include "host.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 20
#define KEYS    100 /* beyond the 32 whose values glibc keeps without malloc */

/* The C++ runtime's registration of thread_local destructors, in libc. */
extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso);
extern void *__dso_handle;

static pthread_key_t keys[KEYS];
static atomic_int key_destructors, thread_local_destructors, cleanups;

static void key_destructor(void *value)
{
    unsigned char *block = value;
    if (atomic_fetch_add(&key_destructors, 1) % 50 == 0)
        host_work(3000);
    pthread_key_t key = keys[block[1]];
    if (--block[0] > 0)
        pthread_setspecific(key, realloc(block, 2000 + 100 * (size_t)block[0]));
    else
        free(block);
}

static void thread_local_destructor(void *value)
{
    atomic_fetch_add(&thread_local_destructors, 1);
    host_work(10000);
    free(value);
}

static void cleanup(void *value)
{
    atomic_fetch_add(&cleanups, 1);
    host_work(2000);
    free(value);
}

static void *ends_normally(void *unused)
{
    for (int i = 0; i < KEYS; i++) {
        unsigned char *block = malloc(1500);
        block[0] = 3;
        block[1] = (unsigned char)i;
        HOST_CHECK(pthread_setspecific(keys[i], block) == 0);
    }
    HOST_CHECK(__cxa_thread_atexit_impl(thread_local_destructor, malloc(4000), &__dso_handle) == 0);
    host_work(10000);
    return unused;
}

static pthread_barrier_t all_started;

static void *is_cancelled(void *unused)
{
    pthread_cleanup_push(cleanup, malloc(4000));
    pthread_barrier_wait(&all_started); /* no cancellation point */
    for (;;) {
        /* malloc and free are no cancellation points: a tracker must not make them one. */
        free(malloc(3000));
        host_work(1000);
        pthread_testcancel();
    }
    pthread_cleanup_pop(1);
    return unused;
}

static int normal_ends(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < KEYS; i++)
        HOST_CHECK(pthread_key_create(&keys[i], key_destructor) == 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < THREADS; i++)
            HOST_CHECK(pthread_create(&threads[i], NULL, ends_normally, NULL) == 0);
        for (int i = 0; i < THREADS; i++)
            HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    }
    host_say("%d key destructors, %d thread_local destructors", key_destructors,
             thread_local_destructors);
    host_describe();
    return 0;
}

static int cancelled(void)
{
    pthread_t threads[THREADS];
    HOST_CHECK(pthread_barrier_init(&all_started, NULL, THREADS + 1) == 0);
    for (int i = 0; i < THREADS; i++)
        HOST_CHECK(pthread_create(&threads[i], NULL, is_cancelled, NULL) == 0);
    pthread_barrier_wait(&all_started);
    usleep(20000);
    for (int i = 0; i < THREADS; i++)
        HOST_CHECK(pthread_cancel(threads[i]) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        HOST_CHECK(pthread_join(threads[i], &result) == 0);
        HOST_CHECK(result == PTHREAD_CANCELED);
    }
    host_say("%d cleanups", cleanups);
    return 0;
}

#define DEPTHS 256

static _Atomic int reached;

/* The first blocks of a thread, at a place of its stack that differs from thread to thread: an
 * unwinder that has not seen the stack yet may ask by read() whether it can be. */
static __attribute__((noinline)) void allocate_at(size_t depth)
{
    volatile char room[80];
    room[0] = 1;
    if (depth > 0)
        allocate_at(depth - 1);
    else
        free(malloc(5000));
    room[1] = room[0];
}

static void *was_cancelled(void *depth)
{
    HOST_CHECK(pthread_cancel(pthread_self()) == 0);
    allocate_at((size_t)depth);
    reached++;
    pthread_testcancel();
    return depth;
}

static int cancelled_before(void)
{
    for (size_t depth = 0; depth < DEPTHS; depth++) {
        pthread_t thread;
        void *result = NULL;
        HOST_CHECK(pthread_create(&thread, NULL, was_cancelled, (void *)depth) == 0);
        HOST_CHECK(pthread_join(thread, &result) == 0);
        HOST_CHECK(result == PTHREAD_CANCELED);
    }
    host_say("%d of %d", reached, DEPTHS);
    return 0;
}

/* Asynchronous cancellation requested while malloc runs must stay where the program put it: here it
 * is disabled around every call, and delivered only at the end. */
static void *defers(void *unused)
{
    int before;
    HOST_CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before) == 0);
    host_work(200000);
    HOST_CHECK(pthread_setcancelstate(before, &before) == 0);
    HOST_CHECK(before == PTHREAD_CANCEL_DISABLE);
    pthread_testcancel();
    return unused;
}

static int deferred(void)
{
    pthread_t thread;
    void *result = NULL;
    HOST_CHECK(pthread_create(&thread, NULL, defers, NULL) == 0);
    HOST_CHECK(pthread_cancel(thread) == 0);
    HOST_CHECK(pthread_join(thread, &result) == 0);
    HOST_CHECK(result == PTHREAD_CANCELED);
    return 0;
}

/* Which keys there are, what stands in one that was not created, and how many can be had: 1,024,
 * with none for anybody else. Values that a thread leaves behind find their destructor in each. */
static atomic_int destroyed;

static void count_destroyed(void *value)
{
    HOST_CHECK(value == (void *)&destroyed);
    atomic_fetch_add(&destroyed, 1);
}

static pthread_key_t every[PTHREAD_KEYS_MAX];

static void *sets_every_key(void *unused)
{
    (void)unused;
    host_work(5000);
    for (int i = 0; i < PTHREAD_KEYS_MAX; i++)
        HOST_CHECK(pthread_setspecific(every[i], &destroyed) == 0);
    host_work(5000);
    return NULL;
}

static int all_keys(void)
{
    pthread_t thread;
    host_work(5000);
    for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++)
        HOST_CHECK(key == PTHREAD_KEYS_MAX - 1 || pthread_getspecific(key) == NULL);
    host_say("key 0, not created: %d", pthread_setspecific(0, &thread));
    for (int i = 0; i < PTHREAD_KEYS_MAX; i++)
        HOST_CHECK(pthread_key_create(&every[i], count_destroyed) == 0);
    pthread_key_t more;
    host_say("keys from %u to %u, then %d", every[0], every[PTHREAD_KEYS_MAX - 1],
             pthread_key_create(&more, NULL));
    HOST_CHECK(pthread_create(&thread, NULL, sets_every_key, NULL) == 0);
    HOST_CHECK(pthread_join(thread, NULL) == 0);
    host_say("destroyed: %d", atomic_load(&destroyed));
    host_work(5000);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"keys", all_keys},       {"normal", normal_ends},
        {"cancelled", cancelled}, {"cancelled-before", cancelled_before},
        {"deferred", deferred},   {NULL, NULL}};
    return host_main(argc, argv, cases);
}
