/*
 * Other ways into a sandbox than prctl in the program's only thread: prctl by system call, for all
 * threads at once, in a child that libc knows or does not know of, by the place that system calls
 * come from; and a fork inside. What is refused there are calls that a tracker makes and these
 * programs do not.
 */
#include "host.h"
#include "sandbox_filter.h"

#include <errno.h>
#include <link.h>
#include <linux/audit.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of these no program of this file makes any. */
static const int tracker_calls[] = {
    SYS_process_vm_readv, SYS_process_vm_writev, SYS_gettid, SYS_sched_yield,
    SYS_mincore,          SYS_rt_sigpending,     SYS_getpid, SYS_kcmp};
#define TRACKER_CALLS (sizeof(tracker_calls) / sizeof(tracker_calls[0]))

static unsigned short deadly_filter(struct sock_filter program[2 * TRACKER_CALLS + 2])
{
    unsigned short length = 0;
    program[length++] = load(offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < TRACKER_CALLS; i++) {
        program[length++] = skip_one_unless((unsigned)tracker_calls[i]);
        program[length++] = give(SECCOMP_RET_KILL_PROCESS);
    }
    program[length++] = give(SECCOMP_RET_ALLOW);
    return length;
}

static int work(void)
{
    host_work(50000);
    host_say("done");
    return 7;
}

static int prctl_by_syscall(void)
{
    struct sock_filter program[2 * TRACKER_CALLS + 2];
    struct sock_fprog whole = {deadly_filter(program), program};
    host_work(50000);
    if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) != 0)
        host_skip("no seccomp filters here");
    return work();
}

/* The first filter kills already for what it would take to say that there is another one. */
static int one_after_the_other(void)
{
    struct sock_filter program[2 * TRACKER_CALLS + 2];
    struct sock_fprog whole = {deadly_filter(program), program};
    host_work(50000);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) != 0)
        host_skip("no seccomp filters here");
    HOST_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0);
    HOST_CHECK(syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0);
    HOST_CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) == 0);
    HOST_CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole) ==
               0);
    return work();
}

/* Whoever asks whether there could be a filter enters none. */
static int only_asks(void)
{
    const unsigned action = SECCOMP_RET_KILL_PROCESS;
    HOST_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 && errno == EFAULT);
    HOST_CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == -1);
    HOST_CHECK(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0);
    return work();
}

static _Atomic bool is_enough;

static void *work_until_enough(void *argument)
{
    while (!atomic_load(&is_enough))
        host_work(3000);
    return argument;
}

/* The filter comes while the others are at work, and perhaps in the middle of a look. */
static int all_threads(void)
{
    pthread_t threads[3];
    struct sock_filter program[2 * TRACKER_CALLS + 2];
    struct sock_fprog whole = {deadly_filter(program), program};
    for (size_t i = 0; i < 3; i++)
        HOST_CHECK(pthread_create(&threads[i], NULL, work_until_enough, NULL) == 0);
    usleep(60000);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole) != 0)
        host_skip("no seccomp filters here");
    usleep(30000);
    atomic_store(&is_enough, true);
    for (size_t i = 0; i < 3; i++)
        HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    host_say("done");
    return 7;
}

static void enter(void)
{
    struct sock_filter program[2 * TRACKER_CALLS + 2];
    struct sock_fprog whole = {deadly_filter(program), program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) != 0)
        host_skip("no seccomp filters here");
}

static int child_ended(pid_t child)
{
    int status = 0;
    HOST_CHECK(child > 0 && waitpid(child, &status, 0) == child);
    host_say("child: %x", (unsigned)status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int child_of(pid_t child)
{
    if (child == 0) {
        enter();
        _exit(work());
    }
    int status = child_ended(child);
    host_work(20000);
    return status;
}

/* No fork handler runs, and the memory is a copy. */
static int child_without_handlers(void)
{
    host_work(50000);
    return child_of(_Fork());
}

static int child_by_syscall(void)
{
    host_work(50000);
    return child_of((pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
}

static int forks_inside(void)
{
    host_work(50000);
    enter();
    pid_t child = fork();
    if (child == 0)
        _exit(work());
    return child_ended(child);
}

static volatile char selector;
static volatile sig_atomic_t caught;

static void on_system_call(int number)
{
    (void)number;
    selector = SYSCALL_DISPATCH_FILTER_ALLOW;
    caught++;
}

struct code {
    uintptr_t start, bytes;
};

static int find_libc(struct dl_phdr_info *info, size_t bytes, void *argument)
{
    struct code *code = argument;
    (void)bytes;
    for (int i = 0; strstr(info->dlpi_name, "libc.so") && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X)
            *code = (struct code){info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                                  info->dlpi_phdr[i].p_memsz};
    return 0;
}

/* As an emulator does that runs another system's code: all that libc does is its own, all else
 * comes to a handler. */
static int dispatches(void)
{
    struct code code = {0};
    host_work(50000);
    dl_iterate_phdr(find_libc, &code);
    signal(SIGSYS, on_system_call);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, code.start, code.bytes,
              &selector) != 0)
        host_skip("no dispatch of system calls here");
    selector = SYSCALL_DISPATCH_FILTER_BLOCK;
    host_work(50000);
    selector = SYSCALL_DISPATCH_FILTER_ALLOW;
    host_say("caught: %d", (int)caught);
    return 7;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"prctl-by-syscall", prctl_by_syscall},
                                             {"one-after-the-other", one_after_the_other},
                                             {"only-asks", only_asks},
                                             {"all-threads", all_threads},
                                             {"child-without-handlers", child_without_handlers},
                                             {"child-by-syscall", child_by_syscall},
                                             {"forks-inside", forks_inside},
                                             {"dispatches", dispatches},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
