/*
 * Memory that is taken away in the middle of whatever the tracker does: by signal handlers, by a
 * process that shares the memory, by a thread that libc does not count. The program itself does not
 * touch it meanwhile. A tracker that reads memory where it lies, because there is one thread, must
 * not fault.
 */
#include "host.h"

#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODES      32768u
#define NODE_BYTES 32u
#define POOL_BYTES ((size_t)NODES * NODE_BYTES)
#define SECONDS    0.5
#define SNAPSHOTS  15

/* What is taken away: a pool of nodes to which the buckets of a table point. */
static unsigned char *pool;
static atomic_bool may_be_taken;
static volatile sig_atomic_t arrived;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void every(int microseconds)
{
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    HOST_CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void set_rights(int rights)
{
    HOST_CHECK(mprotect(pool, POOL_BYTES, rights) == 0);
}

static void make_pool(void)
{
    pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(pool != MAP_FAILED);
    for (size_t i = 0; i < NODES; i++) {
        /* next, hash, key and value, as std::unordered_map has them */
        uint64_t words[NODE_BYTES / 8] = {0, i * 0x9e3779b97f4a7c15u, i, i};
        memcpy(pool + i * NODE_BYTES, words, sizeof(words));
    }
}

/* Buckets grow, and what they point to is not looked at. */
static void grow_buckets(void)
{
    size_t capacity = 512;
    unsigned char **buckets = calloc(capacity, sizeof(*buckets));
    for (; capacity < NODES; capacity *= 2) {
        unsigned char **bigger = calloc(2 * capacity, sizeof(*bigger));
        HOST_CHECK(buckets != NULL && bigger != NULL);
        for (size_t i = 0; i < capacity; i++)
            bigger[(i * 0x9e3779b97f4a7c15u >> 20) % (2 * capacity)] = pool + i * NODE_BYTES;
        free(buckets);
        buckets = bigger;
    }
    free(buckets);
}

static void takes(int number)
{
    (void)number;
    arrived++;
    if (atomic_load(&may_be_taken))
        set_rights(arrived % 2 ? PROT_NONE : PROT_READ | PROT_WRITE);
}

static void take_in_handler(void)
{
    struct sigaction action = {.sa_handler = takes, .sa_flags = SA_RESTART};
    HOST_CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    make_pool();
    atomic_store(&may_be_taken, true);
}

static void take_no_more(void)
{
    every(0);
    HOST_CHECK(signal(SIGALRM, SIG_DFL) != SIG_ERR);
    set_rights(PROT_READ | PROT_WRITE);
    HOST_CHECK(munmap(pool, POOL_BYTES) == 0);
}

static int by_handler_at_growth(void)
{
    take_in_handler();
    double end = now() + SECONDS;
    for (int round = 0; now() < end || arrived <= 100; round++) {
        every(50 + round * 37 % 500);
        grow_buckets();
    }
    take_no_more();
    host_describe();
    return 0;
}

/* Alone, the program only waits for the signals. */
static int by_handler_at_snapshot(void)
{
    int (*snapshot)(const char *) =
        (int (*)(const char *))dlsym(RTLD_DEFAULT, "hashtrack_snapshot");
    dlerror();
    take_in_handler();
    unsigned char **buckets = calloc(NODES, sizeof(*buckets));
    HOST_CHECK(buckets != NULL);
    for (size_t i = 0; i < NODES / 2; i++)
        buckets[i * 2] = pool + i * NODE_BYTES;
    grow_buckets();
    for (int round = 0; round < SNAPSHOTS || arrived <= 20; round++) {
        every(50 + round * 37 % 500);
        if (snapshot)
            snapshot("taken");
    }
    take_no_more();
    free(buckets);
    host_describe();
    return 0;
}

static atomic_bool is_over;

/* A process in the same memory, which has no thread of libc's: no errno, no malloc. */
static int relative(void *unused)
{
    (void)unused;
    struct timespec moment = {.tv_nsec = 50000};
    syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL); /* when the program does fault */
    while (!atomic_load(&is_over)) {
        syscall(SYS_mprotect, pool, POOL_BYTES, PROT_NONE);
        syscall(SYS_nanosleep, &moment, NULL);
        syscall(SYS_mprotect, pool, POOL_BYTES, PROT_READ | PROT_WRITE);
    }
    return 0;
}

static int by_process(void)
{
    const size_t stack_bytes = 65536;
    char *stack =
        mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status;
    HOST_CHECK(stack != MAP_FAILED);
    make_pool();
    pid_t child = clone(relative, stack + stack_bytes, CLONE_VM | SIGCHLD, NULL);
    HOST_CHECK(child > 0);
    for (double end = now() + SECONDS; now() < end;)
        grow_buckets();
    atomic_store(&is_over, true);
    HOST_CHECK(waitpid(child, &status, 0) == child && status == 0);
    host_describe();
    return 0;
}

static const char *plugin_path;

static int by_other_namespace(void)
{
    void *plugin = dlmopen(LM_ID_NEWLM, plugin_path, RTLD_NOW);
    HOST_CHECK(plugin != NULL);
    void (*begin)(void *, size_t) = (void (*)(void *, size_t))dlsym(plugin, "taking_begin");
    void (*end)(void) = (void (*)(void))dlsym(plugin, "taking_end");
    HOST_CHECK(begin != NULL && end != NULL);
    make_pool();
    begin(pool, POOL_BYTES);
    for (double until = now() + SECONDS; now() < until;)
        grow_buckets();
    end();
    host_say("grown");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"by-handler-at-growth", by_handler_at_growth},
                                             {"by-handler-at-snapshot", by_handler_at_snapshot},
                                             {"by-process", by_process},
                                             {"by-other-namespace", by_other_namespace},
                                             {NULL, NULL}};
    plugin_path = argc > 2 ? argv[2] : NULL;
    return host_main(argc, argv, cases);
}
