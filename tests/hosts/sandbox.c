/*
 * Programs that give up system calls after they started, as sandboxes do: with a filter that
 * refuses (EPERM), with one that kills, with seccomp's strict mode. A tracker that needs a call
 * which its host has given up must do without it, and must not try when trying is deadly. And some
 * are started with a filter.
 */
#include "host.h"
#include "sandbox_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a tracker is likely to want and the program does not. */
static const int tracker_calls[] = {
    SYS_process_vm_readv, SYS_openat, SYS_open,    SYS_rename, SYS_renameat,
    SYS_renameat2,        SYS_mkdir,  SYS_mincore, SYS_pipe2,  SYS_pipe,
    SYS_readlink,         SYS_creat};
#define TRACKER_CALLS (sizeof tracker_calls / sizeof tracker_calls[0])

/* What a small program needs to allocate, write and end. */
static const int program_calls[] = {
    SYS_read,         SYS_write,         SYS_writev,       SYS_brk,        SYS_mmap,
    SYS_munmap,       SYS_mremap,        SYS_futex,        SYS_exit_group, SYS_exit,
    SYS_rt_sigreturn, SYS_clock_gettime, SYS_rt_sigaction, SYS_close,      SYS_madvise,
    SYS_getrandom,    SYS_newfstatat,    SYS_fstat,        SYS_mprotect};
#define PROGRAM_CALLS (sizeof program_calls / sizeof program_calls[0])

static int work(void)
{
    host_work(50000);
    void *block = realloc(malloc(5000), 500000);
    HOST_CHECK(block != NULL);
    free(block);
    host_say("done");
    return 7;
}

static int refuses(void)
{
    host_work(50000);
    filter(tracker_calls, TRACKER_CALLS, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
    return work();
}

static int refuses_most(void)
{
    host_work(50000);
    filter(program_calls, PROGRAM_CALLS, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM);
    return work();
}

static int kills(void)
{
    host_work(50000);
    filter(tracker_calls, TRACKER_CALLS, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
    return work();
}

static int kills_most(void)
{
    host_work(50000);
    filter(program_calls, PROGRAM_CALLS, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    return work();
}

/* As a service manager starts a program: the filter is there before the tracker is. systemd's
 * @system-service has no mincore; without @ipc it has no process_vm_readv. */
static int starts_filtered(const int *calls, size_t count)
{
    char *arguments[] = {"sandbox", "works", NULL};
    filter(calls, count, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
    execv("/proc/self/exe", arguments);
    return 1;
}

static int starts_without_presence(void)
{
    static const int calls[] = {SYS_mincore};
    return starts_filtered(calls, 1);
}

static int starts_without_reading(void)
{
    static const int calls[] = {SYS_process_vm_readv, SYS_process_vm_writev, SYS_mincore};
    return starts_filtered(calls, 3);
}

/* The same filter through the system call, as libraries without prctl's wrapper install it. */
static int kills_by_syscall(void)
{
    struct sock_filter program[2 * TRACKER_CALLS + 2];
    unsigned short length = 0;
    host_work(50000);
    program[length++] = load(offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < TRACKER_CALLS; i++) {
        program[length++] = skip_one_unless((unsigned)tracker_calls[i]);
        program[length++] = give(SECCOMP_RET_KILL_PROCESS);
    }
    program[length++] = give(SECCOMP_RET_ALLOW);
    struct sock_fprog whole = {length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) != 0)
        host_skip("no seccomp filters here");
    return work();
}

/* read, write, _exit and sigreturn are all that is left: exit_group, by which return from main
 * ends, is not among them. The heap must be there before. */
static int strict(void)
{
    void *blocks[64];
    host_work(50000);
    for (int i = 0; i < 64; i++)
        blocks[i] = malloc(1500);
    for (int i = 0; i < 64; i += 2)
        free(blocks[i]);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        host_skip("no seccomp here");
    for (int i = 0; i < 64; i += 2)
        blocks[i] = malloc(1500);
    for (int i = 1; i < 64; i += 2)
        blocks[i] = realloc(blocks[i], 1200);
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
    host_say("strict");
    syscall(SYS_exit, 7);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"works", work},
                                             {"starts-without-presence", starts_without_presence},
                                             {"starts-without-reading", starts_without_reading},
                                             {"refuses", refuses},
                                             {"refuses-most", refuses_most},
                                             {"kills", kills},
                                             {"kills-most", kills_most},
                                             {"kills-by-syscall", kills_by_syscall},
                                             {"strict", strict},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
