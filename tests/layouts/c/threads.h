/* Tables that four threads fill at the same time, by the same code: each returns its own. */
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>
#include <stdlib.h>

#define THREADS 4u

static inline void in_threads(void *(*work)(void *), void *results[THREADS])
{
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            abort();
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_join(threads[i], &results[i]) != 0)
            abort();
}

#endif
