/*
 * pthread_key_create, in front of the real one: libunwind wants a key for what it keeps of each
 * thread, and would get the first.
 *
 * A program that uses a key before it has created one, which is 0 then, must find nothing there, as
 * it does alone: not libunwind's memory, which the thread's end would free. So libunwind gets the
 * last of those that glibc has room for in each thread: for a later one each thread would allocate,
 * and to find the last of all took longer than a small program runs. And when the program wants
 * all of them it gets that one, too: libgcc unwinds from then on (glibc's own test,
 * nptl/tst-key1.c).
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "real.h"
#include "stack.h"

#define EXPORT __attribute__((visibility("default")))

static _Atomic uint32_t unwinders_key; /* and one more; 0: it has none */

/* glibc, sysdeps/nptl/internaltypes.h: PTHREAD_KEY_2NDLEVEL_SIZE. */
#define KEYS_WITH_ROOM 32u

/* Takes the keys that are free, which come in order, and keeps the last. Once, from our
 * constructor.
 */
static int create_late(pthread_key_t *key, void (*destructor)(void *))
{
    pthread_key_t keys[KEYS_WITH_ROOM];
    unsigned count = 0;
    while (count < KEYS_WITH_ROOM && real.pthread_key_create(&keys[count], destructor) == 0)
        if (keys[count++] >= KEYS_WITH_ROOM - 1)
            break;
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
    if (atomic_load(&unwinders_key) == 0)
        return false;
    stack_drop_libunwind();
    uint32_t key = atomic_exchange(&unwinders_key, 0);
    return key != 0 && real.pthread_key_delete(key - 1) == 0;
}

EXPORT int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    if (!real_ready() || !real.pthread_key_create)
        return EAGAIN;
    if (stack_is_unwinder(__builtin_return_address(0)) && real.pthread_key_delete)
        return create_late(key, destructor);
    int error = real.pthread_key_create(key, destructor);
    if (error == EAGAIN && give_up_key())
        error = real.pthread_key_create(key, destructor);
    return error;
}
