/*
 * Signal handlers that allocate in the middle of malloc and free, or leave it by siglongjmp. With
 * glibc's allocator that is undefined, so these run over signal_safe_allocator.so (a bump allocator
 * on one atomic counter): all that can go wrong then is the tracker's own locking. Handlers that
 * unwind need no such allocator.
 */
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t arrived;
static sigjmp_buf back;
/* A block that is tracked and large enough to be looked at before it is filled. */
#define FILLED_BYTES ((size_t)1 << 20)
static unsigned char *volatile filled;

static void every(int microseconds)
{
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    HOST_CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    HOST_CHECK(sigaction(number, &action, NULL) == 0);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void allocates(int number)
{
    int before = errno;
    (void)number;
    arrived++;
    void *block = malloc(2048);
    block = realloc(block, 4096);
    free(block);
    if (filled)
        memset(filled, arrived, FILLED_BYTES);
    if (arrived % 16 == 0)
        host_work(300);
    errno = before;
}

static void leaves(int number)
{
    (void)number;
    arrived++;
    siglongjmp(back, 1);
}

static void must_be_signal_safe(void)
{
    /* The allocator under test says who it is through a value glibc never gives. */
    if (mallopt(M_MXFAST, -4711) != 4711)
        host_skip("needs signal_safe_allocator.so preloaded");
}

/* Half a second of signals, each of which may hit the tracker anywhere; longer where a busy machine
 * lets few of them through. */
static int storm(void)
{
    must_be_signal_safe();
    filled = malloc(FILLED_BYTES);
    handle(SIGALRM, allocates);
    every(200);
    for (double end = now() + 0.5; now() < end || arrived <= 50;) {
        for (int i = 0; i < 100; i++) {
            errno = 99;
            void *block = malloc(2048);
            block = realloc(block, 5000);
            free(block);
            HOST_CHECK(errno == 99);
        }
        host_work(500);
    }
    every(0);
    host_describe();
    return 0;
}

static int long_jump(void)
{
    must_be_signal_safe();
    handle(SIGALRM, leaves);
    double end = now() + 0.5;
    every(500);
    while (now() < end || arrived <= 20) {
        if (sigsetjmp(back, 1) != 0)
            continue;
        while (now() < end || arrived <= 20) {
            free(realloc(malloc(2048), 5000));
            host_work(500);
        }
    }
    handle(SIGALRM, SIG_IGN);
    every(0);
    /* Whatever the jumps left behind, the tracker must not be stuck. */
    host_work(20000);
    handle(SIGALRM, SIG_DFL);
    host_describe();
    return 0;
}

static atomic_bool enough_sent;

static void *sends(void *target)
{
    for (int i = 0; i < 2000 || !atomic_load(&enough_sent); i++) {
        pthread_kill(*(pthread_t *)target, SIGUSR1);
        if (i % 20 == 0)
            usleep(1000);
    }
    return NULL;
}

static void *sends_twelve(void *target)
{
    for (int i = 0; i < 12; i++) {
        pthread_kill(*(pthread_t *)target, SIGUSR2);
        usleep(3000);
    }
    return NULL;
}

/* The same from another thread, at a thread that holds whatever lock it wants. */
static int between_threads(void)
{
    must_be_signal_safe();
    pthread_t target = pthread_self(), senders[2];
    handle(SIGUSR1, allocates);
    for (int i = 0; i < 2; i++)
        HOST_CHECK(pthread_create(&senders[i], NULL, sends, &target) == 0);
    for (int i = 0; i < 200 || arrived <= 50; i++)
        host_work(1000);
    atomic_store(&enough_sent, true);
    for (int i = 0; i < 2; i++)
        HOST_CHECK(pthread_join(senders[i], NULL) == 0);
    host_describe();
    return 0;
}

static void counts(int number)
{
    (void)number;
    arrived++;
}

/* System calls of the program that a signal interrupts must still see EINTR: no SA_RESTART sneaks
 * in, and a blocked signal stays pending. */
static int interrupted_calls(void)
{
    struct sigaction action = {.sa_handler = counts};
    sigset_t blocked, pending;
    HOST_CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    every(20000);
    HOST_CHECK(pause() == -1 && errno == EINTR && arrived == 1);
    every(0);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    HOST_CHECK(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0);
    raise(SIGALRM);
    host_work(50000);
    HOST_CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGALRM) == 1);
    HOST_CHECK(arrived == 1);
    host_describe();
    return 0;
}

static void forks(int number)
{
    int before = errno, status = 0;
    (void)number;
    arrived++;
    pid_t child = fork();
    if (child == 0) {
        host_work(2000);
        _exit(17);
    }
    HOST_CHECK(waitpid(child, &status, 0) == child);
    HOST_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 17);
    errno = before;
}

/* fork in a handler: its atfork handlers meet the tracker at whatever it was doing. */
static int fork_in_handler(void)
{
    must_be_signal_safe();
    handle(SIGALRM, forks);
    for (int round = 0; round < 100; round++) {
        /* One at a time: a child lives longer than any period that would hit often enough. */
        struct itimerval once = {{0, 0}, {0, 50 + round * 17 % 1000}};
        HOST_CHECK(setitimer(ITIMER_REAL, &once, NULL) == 0);
        while (arrived == round)
            host_work(1000);
    }
    host_work(50000);
    handle(SIGALRM, SIG_DFL);
    host_describe();
    return 0;
}

/* With HASHTRACK_SIGNAL=USR2 each of these is a snapshot; alone, the program ignores them. */
static int snapshots(void)
{
    struct sigaction action;
    HOST_CHECK(sigaction(SIGUSR2, NULL, &action) == 0);
    if (action.sa_handler == SIG_DFL)
        handle(SIGUSR2, SIG_IGN);
    pthread_t target = pthread_self(), sender;
    HOST_CHECK(pthread_create(&sender, NULL, sends_twelve, &target) == 0);
    for (int i = 0; i < 400; i++) {
        errno = 99;
        free(realloc(malloc(3000), 9000));
        HOST_CHECK(errno == 99);
        host_work(2000);
    }
    HOST_CHECK(pthread_join(sender, NULL) == 0);
    host_say("done");
    return 0;
}

static int (*unwinds)(void **, int);

static void is_unwound(int number)
{
    void *frames[64];
    int before = errno;
    (void)number;
    arrived++;
    unwinds(frames, 64);
    errno = before;
}

/* As many call stacks as there are paths, so that few of them are known. */
static __attribute__((noinline)) void allocate_along(unsigned path, volatile unsigned *taken)
{
    if (path <= 1)
        free(malloc(2048));
    else if (path & 1)
        allocate_along(path >> 1, taken);
    *taken += 1;
    if (path > 1 && !(path & 1))
        allocate_along(path >> 1, taken);
    *taken += 2;
}

/* A profiler's timer: the tracker unwinds, and so does the handler, by the same libunwind. What the
 * program blocks is its own affair afterwards as well: at first 3 of 10 programs under libprofiler
 * ended with SIGPROF blocked. */
static int unwound_in_handler(void)
{
    volatile unsigned taken = 0;
    void *library = dlopen("libunwind.so.8", RTLD_NOW);
    void *function = library ? dlsym(library, "unw_backtrace") : NULL;
    if (!function)
        host_skip("needs libunwind");
    memcpy(&unwinds, &function, sizeof(unwinds));
    handle(SIGALRM, is_unwound);
    every(50);
    double end = now() + 0.5;
    for (unsigned path = 1; now() < end || arrived <= 500; path++) {
        sigset_t blocked;
        allocate_along(1u << 16 | (path & 0xFFFF), &taken);
        HOST_CHECK(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 &&
                   sigismember(&blocked, SIGALRM) == 0);
    }
    every(0);
    host_say("done"); /* the descriptors differ: libunwind has a pipe only when it is alone */
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"storm", storm},
                                             {"long-jump", long_jump},
                                             {"between-threads", between_threads},
                                             {"interrupted-calls", interrupted_calls},
                                             {"fork-in-handler", fork_in_handler},
                                             {"snapshots", snapshots},
                                             {"unwound-in-handler", unwound_in_handler},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
