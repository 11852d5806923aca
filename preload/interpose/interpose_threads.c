/*
 * pthread_create, in front of the real one, for the stacks that a program gives to its threads
 * (given_stacks.h).
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#include "given_stacks.h"
#include "real.h"
#include "sanitizer.h"

#define EXPORT __attribute__((visibility("default")))

static void note_stack(const pthread_attr_t *attributes)
{
    void *lowest = NULL;
    size_t bytes = 0;
    /* Where none was given, the address is what comes out of an end at zero. */
    if (pthread_attr_getstack(attributes, &lowest, &bytes) == 0 && lowest &&
        (uintptr_t)lowest + bytes != 0)
        given_stacks_note(lowest, bytes);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*function)(void *), void *argument)
{
    if (!real_ready() || !real.pthread_create)
        return EAGAIN;
    if (attributes && !sanitizer_is_present())
        note_stack(attributes);
    return real.pthread_create(thread, attributes, function, argument);
}
