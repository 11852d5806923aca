/*
 * A program with a clock of its own, as libfaketime puts one into any: it stands still, and to ask
 * it allocates, under a lock. The tracker must not ask it: it would wait for that lock for ever, or
 * never lose its patience with a lock of its own.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "host.h"

static pthread_mutex_t clock_lock = PTHREAD_MUTEX_INITIALIZER;
static int asked;

int clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    pthread_mutex_lock(&clock_lock);
    asked++;
    free(malloc(5000));
    *now = (struct timespec){.tv_sec = 1000000000};
    pthread_mutex_unlock(&clock_lock);
    return 0;
}

int main(void)
{
    struct timespec now;
    host_work(50000);
    HOST_CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec == 1000000000);
    host_work(50000);
    host_say("the clock was asked: %d", asked);
    host_describe();
    return 0;
}
