/*
 * A plugin whose thread takes the right to read some memory away and gives it back, again and
 * again. In a namespace of its own, so that the program's libc does not know of the thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

void taking_begin(void *memory, size_t bytes);
void taking_end(void);

static void *taken;
static size_t taken_bytes;
static pthread_t thread;
static atomic_bool is_over;

static void *takes(void *unused)
{
    const struct timespec moment = {.tv_nsec = 50000};
    while (!atomic_load(&is_over)) {
        mprotect(taken, taken_bytes, PROT_NONE);
        nanosleep(&moment, NULL);
        mprotect(taken, taken_bytes, PROT_READ | PROT_WRITE);
    }
    return unused;
}

void taking_begin(void *memory, size_t bytes)
{
    taken = memory;
    taken_bytes = bytes;
    pthread_create(&thread, NULL, takes, NULL);
}

void taking_end(void)
{
    atomic_store(&is_over, true);
    pthread_join(thread, NULL);
}
