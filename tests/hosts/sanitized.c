/*
 * A program built with a sanitizer: the tracker must neither keep it from starting, nor be taken
 * for a fault of the program, nor stand in its reports (preload/interpose/sanitizer.h). Compiled
 * with -DADDRESS for AddressSanitizer, which can be asked what it knows; the others end a program
 * with a fault.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

#define THREADS   3
#define BLOCKS    300
#define ROUNDS    3000
#define MAPPING   (256u * 1024)
#define OUTERMOST 8

/* That there are no leaks is found out by tracing, which a container may forbid. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "detect_leaks=0";
}

#ifdef ADDRESS
int __asan_address_is_poisoned(const volatile void *address);
size_t __asan_get_alloc_stack(void *address, void **frames, size_t most, int *thread);

/* The names of the functions that allocated a block, to main. */
static void say_who_allocated(void *block)
{
    void *frames[OUTERMOST];
    int thread;
    size_t count = __asan_get_alloc_stack(block, frames, OUTERMOST, &thread);
    for (size_t i = 0; i < count; i++) {
        Dl_info info;
        const char *name = dladdr(frames[i], &info) && info.dli_sname ? info.dli_sname : "?";
        host_say("  in %s", name);
        if (strcmp(name, "main") == 0)
            break;
    }
}

static void ask(void)
{
    char *volatile block = malloc(5000);
    host_say("malloc");
    say_who_allocated(block);
    block = realloc(block, 6000);
    host_say("realloc");
    say_who_allocated(block);
    host_say("behind the end: %d", __asan_address_is_poisoned(block + 6000));
    free(block);
    host_say("freed: %d", __asan_address_is_poisoned(block));
    block = aligned_alloc(64, 6400);
    host_say("aligned_alloc");
    say_who_allocated(block);
    free(block);
}
#else
static void ask(void)
{
}
#endif

/* Nothing of the program is shared between threads; what the tracker shares between them is seen by
 * ThreadSanitizer. */
static void *work(void *argument)
{
    unsigned random = (unsigned)(uintptr_t)argument;
    char *blocks[BLOCKS] = {NULL};
    for (unsigned i = 0; i < ROUNDS; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned which = (random >> 8) % BLOCKS;
        free(blocks[which]);
        blocks[which] = calloc(1, 1 + (random >> 4) % 9000);
        HOST_CHECK(blocks[which]);
        if (i % 10 == 0)
            blocks[which] = realloc(blocks[which], 20000);
        HOST_CHECK(blocks[which]);
        blocks[which][0] = 'a';
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    char *mapping = mmap(NULL, MAPPING, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(mapping != MAP_FAILED);
    memset(mapping, 'a', MAPPING);
    HOST_CHECK(munmap(mapping, MAPPING) == 0);
    return argument;
}

int main(void)
{
    pthread_t threads[THREADS];
    int ends[2];
    char byte = 'a';
    HOST_CHECK(pipe2(ends, 0) == 0 && write(ends[1], &byte, 1) == 1 &&
               read(ends[0], &byte, 1) == 1);
    close(ends[0]);
    close(ends[1]);
    for (uintptr_t i = 0; i < THREADS; i++)
        HOST_CHECK(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++)
        HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    host_work(50000);
    ask();
    pid_t child = fork();
    HOST_CHECK(child >= 0);
    if (child == 0) {
        work(&child);
        _exit(3);
    }
    int status;
    HOST_CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
    return 0;
}
