/*
 * pthread_key_create, in front of the real one: libunwind wants a key for what it keeps of each
 * thread, and would get the first.
 *
 * A program that uses a key before it has created one, which is 0 then, must find nothing there, as
 * it does alone: not libunwind's memory, which the thread's end would free. So libunwind gets the
 * last key there is. And when the program wants all of them it gets that one, too: libgcc unwinds
 * from then on (glibc's own test, nptl/tst-key1.c).
 *
 * To find the last one takes all the others, which costs a quarter of what a small program costs.
 * So it is done when a second thread unwinds: what the first one has stays until the program's end
 * anyway. Until then libunwind has a number that is no key, under which nothing can be kept.
 */
#include "interpose_keys.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "real.h"
#include "registry.h"
#include "stack.h"
#include "stack_extent.h"

#define EXPORT __attribute__((visibility("default")))

/* Taking all keys takes 0.2 ms; who did not get one meanwhile looks again. */
#define MOST_YIELDS 1000

enum { KEY_NOT_WANTED, KEY_NOT_CHOSEN, KEY_BEING_CHOSEN, KEY_CHOSEN, KEY_GIVEN_UP };

static _Atomic int stage = KEY_NOT_WANTED;
static pthread_key_t *unwinders_key; /* libunwind's variable */
static void (*unwinders_destructor)(void *);

/* Takes all keys that are free, and keeps the last. Under a lock, as a fork takes all of them: the
 * child would not have the thread that gives the keys back. */
static bool choose_last(pthread_key_t *key)
{
    static pthread_key_t keys[PTHREAD_KEYS_MAX]; /* a thread's stack may be small */
    unsigned count = 0;
    while (count < PTHREAD_KEYS_MAX &&
           real.pthread_key_create(&keys[count], unwinders_destructor) == 0)
        count++;
    if (count == 0)
        return false;
    *key = keys[--count];
    while (count > 0)
        real.pthread_key_delete(keys[--count]);
    return true;
}

bool unwinders_key_ready(void)
{
    int expected = KEY_NOT_CHOSEN;
    if (atomic_load_explicit(&stage, memory_order_acquire) == KEY_NOT_WANTED)
        return true;
    if (atomic_compare_exchange_strong(&stage, &expected, KEY_BEING_CHOSEN)) {
        bool is_locked = lock_take(&hashtrack_registry.pool_lock);
        bool is_chosen = is_locked && choose_last(unwinders_key);
        if (is_locked && !is_chosen)
            stack_drop_libunwind();
        atomic_store(&stage, is_chosen ? KEY_CHOSEN : is_locked ? KEY_GIVEN_UP : KEY_NOT_CHOSEN);
        if (is_locked)
            lock_release(&hashtrack_registry.pool_lock);
        return is_chosen;
    }
    return expected == KEY_CHOSEN;
}

static bool give_up_key(void)
{
    int expected = KEY_CHOSEN;
    if (!atomic_compare_exchange_strong(&stage, &expected, KEY_GIVEN_UP))
        return false;
    stack_drop_libunwind();
    return real.pthread_key_delete(*unwinders_key) == 0;
}

EXPORT int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    if (!real_ready() || !real.pthread_key_create)
        return EAGAIN;
    if (stack_is_unwinder(__builtin_return_address(0)) && real.pthread_key_delete) {
        unwinders_key = key;
        unwinders_destructor = destructor;
        *key = PTHREAD_KEYS_MAX;
        atomic_store(&stage, KEY_NOT_CHOSEN);
        if (!stack_is_first_thread())
            unwinders_key_ready();
        return 0;
    }
    int error = real.pthread_key_create(key, destructor);
    for (int yields = 0;
         error == EAGAIN && yields < MOST_YIELDS && atomic_load(&stage) == KEY_BEING_CHOSEN;
         yields++) {
        system_call(SYS_sched_yield, 0, 0, 0, 0);
        error = real.pthread_key_create(key, destructor);
    }
    if (error == EAGAIN && give_up_key())
        error = real.pthread_key_create(key, destructor);
    return error;
}
