/*
 * Every way to end. What the program's own handlers print, in which order, with which status, must
 * not depend on the tracker; nor must the tables that they free, grow and leak on the way out.
 */
#include "host.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct host_table kept;

static void says_handler_one(void)
{
    host_work(10000);
    host_say("handler one");
}

static void says_handler_two(void)
{
    host_table_free(&kept);
    host_say("handler two");
}

static void exits_again(void)
{
    host_say("handler exits");
    host_work(5000);
    exit(21);
}

__attribute__((destructor)) static void destructor(void)
{
    host_work(5000);
    host_say("destructor");
}

static void prepare(void)
{
    host_table_fill(&kept, 50000);
    HOST_CHECK(atexit(says_handler_one) == 0);
    HOST_CHECK(atexit(says_handler_two) == 0);
    HOST_CHECK(at_quick_exit(says_handler_one) == 0);
    HOST_CHECK(at_quick_exit(says_handler_two) == 0);
    printf("buffered, flushed by exit alone;");
}

static int returns(void)
{
    prepare();
    return 20;
}

static int exit_called(void)
{
    prepare();
    exit(20);
}

static int exit_in_handler(void)
{
    prepare();
    HOST_CHECK(atexit(exits_again) == 0);
    return 20;
}

static void *exits(void *unused)
{
    (void)unused;
    host_work(1000);
    exit(22);
}

static int exit_in_thread(void)
{
    pthread_t thread;
    prepare();
    HOST_CHECK(pthread_create(&thread, NULL, exits, NULL) == 0);
    pthread_join(thread, NULL);
    return 1;
}

/* The smallest stack that pthreads grants, with everything that happens at the end on top of it. */
static int exit_in_narrow_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    prepare();
    HOST_CHECK(pthread_attr_init(&attributes) == 0);
    HOST_CHECK(pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) == 0);
    HOST_CHECK(pthread_create(&thread, &attributes, exits, NULL) == 0);
    pthread_join(thread, NULL);
    return 1;
}

static int quick(void)
{
    prepare();
    quick_exit(23);
}

static int immediate(void)
{
    prepare();
    _exit(24);
}

static int immediate_c(void)
{
    prepare();
    _Exit(25);
}

/* The raw system call: nobody is told. */
static int system_call(void)
{
    prepare();
    syscall(SYS_exit_group, 26);
    return 1;
}

static void no_core(void)
{
    struct rlimit none = {0, 0};
    HOST_CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
}

static int aborts(void)
{
    prepare();
    no_core();
    abort();
}

static sigjmp_buf survived;

static void jumps(int number)
{
    (void)number;
    siglongjmp(survived, 1);
}

static int abort_survived(void)
{
    prepare();
    HOST_CHECK(signal(SIGABRT, jumps) != SIG_ERR);
    if (sigsetjmp(survived, 1) == 0)
        abort();
    host_work(10000);
    host_describe();
    return 27;
}

static int killed(void)
{
    prepare();
    raise(SIGKILL);
    return 1;
}

static int terminated(void)
{
    prepare();
    raise(SIGTERM);
    return 1;
}

static void says_and_leaves(int number)
{
    host_say("signal %d", number);
    _exit(28);
}

static volatile int *volatile nowhere;

static int fault_handled(void)
{
    prepare();
    HOST_CHECK(signal(SIGSEGV, says_and_leaves) != SIG_ERR);
    return *nowhere;
}

static int fault(void)
{
    prepare();
    no_core();
    return *nowhere;
}

/* _exit from a handler that interrupts malloc and free at any point: the tracker may take a
 * snapshot only if it can. */
static void leaves_now(int number)
{
    (void)number;
    _exit(29);
}

static int interrupted(void)
{
    prepare();
    HOST_CHECK(signal(SIGALRM, leaves_now) != SIG_ERR);
    ualarm(20000, 0);
    for (;;) {
        host_work(2000);
        free(realloc(malloc(2000), 5000));
    }
}

static void *leaves_thread(void *unused)
{
    pthread_exit(unused);
}

static int last_thread(void)
{
    pthread_t thread;
    prepare();
    HOST_CHECK(pthread_create(&thread, NULL, leaves_thread, NULL) == 0);
    pthread_exit(NULL); /* the last thread's end is exit(0) */
}

static void *main_returns_to;

/* As Free Pascal's halt does (si_c.inc): back to whoever called main, from any depth, with whatever
 * is in the registers. glibc needs neither them nor its stack there. */
static int left_from_below(void)
{
    prepare();
#ifdef __x86_64__
    __asm__ volatile("xor %%ebx, %%ebx\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "xor %%r12d, %%r12d\n\t"
                     "xor %%r13d, %%r13d\n\t"
                     "xor %%r14d, %%r14d\n\t"
                     "xor %%r15d, %%r15d\n\t"
                     "sub $2048, %%rsp\n\t"
                     "and $-16, %%rsp\n\t"
                     "jmp *%%rdx"
                     :
                     : "a"(31), "d"(main_returns_to));
#endif
    return 31;
}

int main(int argc, char **argv)
{
    main_returns_to = __builtin_return_address(0);
    static const struct host_case cases[] = {{"return", returns},
                                             {"left-from-below", left_from_below},
                                             {"exit", exit_called},
                                             {"exit-in-handler", exit_in_handler},
                                             {"exit-in-thread", exit_in_thread},
                                             {"exit-in-narrow-thread", exit_in_narrow_thread},
                                             {"quick-exit", quick},
                                             {"_exit", immediate},
                                             {"_Exit", immediate_c},
                                             {"system-call", system_call},
                                             {"abort", aborts},
                                             {"abort-survived", abort_survived},
                                             {"killed", killed},
                                             {"terminated", terminated},
                                             {"fault-handled", fault_handled},
                                             {"fault", fault},
                                             {"interrupted", interrupted},
                                             {"last-thread", last_thread},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
