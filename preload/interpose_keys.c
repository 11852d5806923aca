/*
 * pthread_key_create, in front of the real one: libunwind wants a key for what it keeps of each
 * thread, and would get the first.
 *
 * A program that uses a key before it has created one, which is 0 then, must find nothing there, as
 * it does alone: not libunwind's memory, which the thread's end would free. So libunwind gets the
 * last key there is. And when the program wants all of them it gets that one, too: libgcc unwinds
 * from then on (glibc's own test, nptl/tst-key1.c).
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "real.h"
#include "stack.h"

#define EXPORT __attribute__((visibility("default")))

static _Atomic uint32_t unwinders_key; /* and one more; 0: it has none */

/* Takes all keys that are free, and keeps the last. Once, from our constructor, where there is a
 * stack for it. */
static int create_last(pthread_key_t *key, void (*destructor)(void *))
{
    pthread_key_t keys[PTHREAD_KEYS_MAX];
    unsigned count = 0;
    while (count < PTHREAD_KEYS_MAX && real.pthread_key_create(&keys[count], destructor) == 0)
        count++;
    if (count == 0)
        return EAGAIN;
    *key = keys[--count];
    while (count > 0)
        real.pthread_key_delete(keys[--count]);
    atomic_store(&unwinders_key, *key + 1);
    return 0;
}

static bool give_up_key(void)
{
    if (atomic_load(&unwinders_key) == 0 || !stack_drop_libunwind())
        return false;
    uint32_t key = atomic_exchange(&unwinders_key, 0);
    return key != 0 && real.pthread_key_delete(key - 1) == 0;
}

EXPORT int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    if (!real_ready() || !real.pthread_key_create)
        return EAGAIN;
    if (stack_is_unwinder(__builtin_return_address(0)) && real.pthread_key_delete)
        return create_last(key, destructor);
    int error = real.pthread_key_create(key, destructor);
    if (error == EAGAIN && give_up_key())
        error = real.pthread_key_create(key, destructor);
    return error;
}
