/*
 * Runs a program and lets one of the tracker's own system calls go wrong.
 *
 *     fault_injector LIBRARY list FILE PROGRAM ARG...    writes "number name" of each call to FILE
 *     fault_injector LIBRARY fail N PROGRAM ARG...       the Nth is not made and fails
 *     fault_injector LIBRARY fail-from N PROGRAM ARG...  the Nth and all after it fail
 *     fault_injector LIBRARY fail-read N PROGRAM ARG...  the Nth look at memory (process_vm_readv)
 * fails fault_injector LIBRARY no-reads 1 PROGRAM ARG...   all of those fail, as in some containers
 *     fault_injector LIBRARY shorten N PROGRAM ARG...    the Nth, a write, takes one byte only
 *     fault_injector LIBRARY kill N PROGRAM ARG...       the program is killed before the Nth
 *     fault_injector LIBRARY meet FILE PROGRAM ARG...    one thread's snapshot waits before its
 * first write until another thread waits for it; FILE says whether they met
 *
 * The program is traced by ptrace, which a seccomp filter asks for at those calls only, and needs
 * nothing built into it or into the library: the tracker's calls are those made by an instruction
 * of LIBRARY, and process_vm_readv, which nobody else uses. Ends as the program does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIP         77
#define MOST_THREADS 64

enum task { LIST, FAIL, FAIL_FROM, FAIL_READ, NO_READS, SHORTEN, KILL, MEET };

static const struct {
    int number;
    const char *name;
    int error;    /* what the call fails with when something is amiss; 0: it cannot fail */
    bool is_made; /* although it fails: a descriptor is closed all the same */
} calls[] = {
    {SYS_mmap, "mmap", ENOMEM, false},
    {SYS_mremap, "mremap", ENOMEM, false},
    {SYS_munmap, "munmap", ENOMEM, false},
    {SYS_mprotect, "mprotect", ENOMEM, false},
    {SYS_openat, "openat", EMFILE, false},
    {SYS_read, "read", EIO, false},
    {SYS_pread64, "pread64", EIO, false},
    {SYS_write, "write", ENOSPC, false},
    {SYS_close, "close", EIO, true},
    {SYS_newfstatat, "newfstatat", EACCES, false},
    {SYS_renameat, "renameat", EIO, false},
    {SYS_renameat2, "renameat2", EINVAL, false},
    {SYS_linkat, "linkat", EPERM, false},
    {SYS_flock, "flock", ENOLCK, false},
    {SYS_fcntl, "fcntl", EMFILE, false},
    {SYS_unlinkat, "unlinkat", EACCES, false},
    {SYS_readlinkat, "readlinkat", EACCES, false},
    {SYS_getcwd, "getcwd", ENOENT, false},
    {SYS_prlimit64, "prlimit64", EPERM, false},
    {SYS_prctl, "prctl", EINVAL, false}, /* where it names memory */
    {SYS_sigaltstack, "sigaltstack", EPERM, false},
    {SYS_sched_yield, "sched_yield", 0, false},
};
#define CALLS (sizeof calls / sizeof calls[0])

struct thread {
    pid_t id;
    bool has_begun;
    /* To be put in place when the call returns; 0: nothing. */
    int result;
    long long length;
};

static enum task task;
static const char *library;
static long wanted;
static long seen;
static FILE *list;
static pid_t program;
static struct thread threads[MOST_THREADS];
static uint64_t library_start, library_end;
static pid_t held; /* the thread that waits before its write; 0: none does */
static bool have_met;

static void give_up(const char *what)
{
    fprintf(stderr, "fault_injector: %s: %s\n", what, strerror(errno));
    exit(2);
}

static struct thread *thread_of(pid_t id)
{
    struct thread *unused = NULL;
    for (int i = 0; i < MOST_THREADS; i++) {
        if (threads[i].id == id)
            return &threads[i];
        if (threads[i].id == 0 && unused == NULL)
            unused = &threads[i];
    }
    if (unused == NULL)
        give_up("too many threads");
    *unused = (struct thread){.id = id};
    return unused;
}

/* Where the library's code lies, once it is loaded. */
static bool is_in_library(uint64_t address)
{
    char path[64], line[4096];
    if (library_end == 0) {
        snprintf(path, sizeof path, "/proc/%d/maps", (int)program);
        FILE *maps = fopen(path, "re");
        while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
            unsigned long long start, end;
            char rights[8];
            if (strstr(line, library) != NULL &&
                sscanf(line, "%llx-%llx %7s", &start, &end, rights) == 3 && rights[2] == 'x') {
                library_start = start;
                library_end = end;
            }
        }
        if (maps != NULL)
            fclose(maps);
    }
    return address >= library_start && address < library_end;
}

static size_t index_of(uint64_t number)
{
    for (size_t i = 0; i < CALLS; i++)
        if ((uint64_t)calls[i].number == number)
            return i;
    return CALLS;
}

static void change(pid_t thread, void (*apply)(struct user_regs_struct *, long long),
                   long long value)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread, NULL, &registers) != 0)
        give_up("PTRACE_GETREGS");
    apply(&registers, value);
    if (ptrace(PTRACE_SETREGS, thread, NULL, &registers) != 0)
        give_up("PTRACE_SETREGS");
}

static void set_number(struct user_regs_struct *registers, long long value)
{
    registers->orig_rax = (unsigned long long)value;
}

static void set_length(struct user_regs_struct *registers, long long value)
{
    registers->rdx = (unsigned long long)value;
}

static void set_result(struct user_regs_struct *registers, long long value)
{
    registers->rax = (unsigned long long)value;
}

/* Wakes the other threads, which wait for this signal. */
static void hold(pid_t thread)
{
    held = thread;
    for (int i = 0; i < MOST_THREADS; i++)
        if (threads[i].id != 0 && threads[i].id != thread)
            syscall(SYS_tgkill, program, threads[i].id, SIGUSR1);
}

static bool traces_reads(void)
{
    return task == FAIL_READ || task == NO_READS;
}

/* What the call does is not done, and it fails. */
static void refuse(pid_t thread, int error)
{
    change(thread, set_number, -1);
    change(thread, set_result, -error);
}

/* Lets the snapshot's thread wait before its first write, until another thread waits for it. True
 * when this one is to stay where it is. */
static bool arrange_meeting(pid_t thread, int number)
{
    if (number == SYS_write && held == 0 && !have_met) {
        hold(thread);
        return true;
    }
    if (number == SYS_sched_yield && held != 0 && thread != held) {
        have_met = true;
        if (ptrace(PTRACE_CONT, held, NULL, NULL) != 0)
            give_up("the waiting thread");
        held = 0;
    }
    return false;
}

/* How a thread goes on that was stopped before a system call. */
enum way { GO_ON, STOP_AFTER_CALL, STAY };

static enum way before_call(pid_t thread)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread, NULL, &registers) != 0)
        return GO_ON; /* it was killed meanwhile */
    if (traces_reads()) {
        seen++;
        if (seen == wanted || task == NO_READS)
            refuse(thread, task == NO_READS ? EPERM : EFAULT);
        return GO_ON;
    }
    size_t call = index_of(registers.orig_rax);
    if (call == CALLS || !is_in_library(registers.rip))
        return GO_ON;
    if (calls[call].number == SYS_prctl && registers.rdi != PR_SET_VMA)
        return GO_ON; /* the program's own, which passes through the library */
    if (task == MEET)
        return arrange_meeting(thread, calls[call].number) ? STAY : GO_ON;
    if (calls[call].error == 0)
        return GO_ON;
    seen++;
    if (task == LIST)
        fprintf(list, "%ld %s\n", seen, calls[call].name);
    if (task == LIST || seen < wanted || (seen > wanted && task != FAIL_FROM))
        return GO_ON;
    if (task == KILL) {
        kill(program, SIGKILL);
    } else if (task == SHORTEN) {
        /* The caller expects to find its registers as they were. */
        thread_of(thread)->length = (long long)registers.rdx;
        change(thread, set_length, registers.rdx > 1);
        return STOP_AFTER_CALL;
    } else if (calls[call].is_made) {
        thread_of(thread)->result = -calls[call].error;
        return STOP_AFTER_CALL;
    } else {
        refuse(thread, calls[call].error);
    }
    return GO_ON;
}

/* Ends as the program did. */
static void end_like(int status)
{
    if (list != NULL && task == MEET)
        fprintf(list, "%s\n", have_met ? "met" : "did not meet");
    if (list != NULL)
        fclose(list);
    if (WIFEXITED(status))
        exit(WEXITSTATUS(status));
    setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* the program left one, if that is wanted */
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    exit(2);
}

/* What is to be done with a thread that stopped; *deliver is the signal it gets. */
static enum way stopped(pid_t id, int status, int *deliver)
{
    struct thread *thread = thread_of(id);
    int signal_number = WSTOPSIG(status);
    *deliver = 0;
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
        return before_call(id);
    if (signal_number == (SIGTRAP | 0x80)) {
        if (thread->result != 0)
            change(id, set_result, thread->result);
        if (thread->length != 0)
            change(id, set_length, thread->length);
        thread->result = 0;
        thread->length = 0;
    } else if (signal_number == SIGSTOP && !thread->has_begun) {
        thread->has_begun = true; /* a new thread begins with a stop that is nobody's signal */
        if (held != 0)            /* it was not there yet when the others were woken */
            syscall(SYS_tgkill, program, id, SIGUSR1);
    } else if (signal_number != SIGTRAP) {
        *deliver = signal_number;
    }
    return GO_ON;
}

static void trace(void)
{
    const unsigned long options =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACESECCOMP;
    int status;
    if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, program, NULL, (void *)options) != 0) {
        fprintf(stderr, "fault_injector: no ptrace here\n");
        exit(SKIP);
    }
    thread_of(program)->has_begun = true;
    kill(program, SIGCONT);
    ptrace(PTRACE_CONT, program, NULL, NULL);
    for (;;) {
        int deliver;
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0)
            give_up("waitpid");
        if (!WIFSTOPPED(status)) {
            if (id == program)
                end_like(status);
            *thread_of(id) = (struct thread){0};
            continue;
        }
        enum way way = stopped(id, status, &deliver);
        int request = way == STOP_AFTER_CALL ? PTRACE_SYSCALL : PTRACE_CONT;
        if (way != STAY && ptrace(request, id, NULL, (void *)(long)deliver) != 0 && errno != ESRCH)
            give_up("a stopped thread");
    }
}

/* Stops the calls that may be the tracker's. It never asks for a descriptor's flags, which a host
 * does for 65,536 of them (host.c): to stop at those took 97 % of the time. */
static void install_filter(void)
{
    const struct sock_filter load_number =
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    struct sock_filter filter[2 * CALLS + 8];
    unsigned short length = 0;
    filter[length++] = load_number;
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                    offsetof(struct seccomp_data, args[1]));
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_GETFD, 0, 1);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[length++] = load_number;
    for (size_t i = 0; i < (traces_reads() ? 1 : CALLS); i++) {
        unsigned number = (unsigned)(traces_reads() ? SYS_process_vm_readv : calls[i].number);
        filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
        filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog whole = {length, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) != 0)
        _exit(SKIP);
}

static void run(char **arguments)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    install_filter();
    setenv("LD_PRELOAD", library, 1);
    execv(arguments[0], arguments);
    _exit(127);
}

int main(int argc, char **argv)
{
    static const char *const tasks[] = {"list",     "fail",    "fail-from", "fail-read",
                                        "no-reads", "shorten", "kill",      "meet"};
    if (argc < 5)
        return 2;
    library = argv[1];
    for (task = LIST; task < MEET && strcmp(argv[2], tasks[task]) != 0; task++)
        ;
    if (task == LIST || task == MEET) {
        list = fopen(argv[3], "we");
        if (list == NULL)
            give_up(argv[3]);
    } else {
        wanted = strtol(argv[3], NULL, 10);
    }
    program = fork();
    if (program == 0)
        run(argv + 4);
    trace();
}
