/*
 * fork, execve, wait; and the signals in between. Nothing here touches the program's files or
 * terminal.
 */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* The terminal sends these to the program as well: it decides what they mean. */
static const int ignored[] = {SIGINT, SIGQUIT};
/* These are sent to one process, and whoever sends them means the program. */
static const int forwarded[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

#define IGNORED_COUNT   (sizeof(ignored) / sizeof(ignored[0]))
#define FORWARDED_COUNT (sizeof(forwarded) / sizeof(forwarded[0]))

struct signal_state {
    sigset_t mask;
    struct sigaction ignored[IGNORED_COUNT];
    struct sigaction forwarded[FORWARDED_COUNT];
};

/* A signal handler has no other way to know. Written before the handlers are in place. */
static volatile sig_atomic_t program_pid;

static void forward(int number)
{
    int saved = errno;
    kill((pid_t)program_pid, number);
    errno = saved;
}

/* Blocks what comes between fork and the handlers, so that it is neither lost nor deadly. */
static void hold_signals(struct signal_state *state)
{
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < IGNORED_COUNT; i++) {
        sigaddset(&held, ignored[i]);
        sigaction(ignored[i], NULL, &state->ignored[i]);
    }
    for (size_t i = 0; i < FORWARDED_COUNT; i++) {
        sigaddset(&held, forwarded[i]);
        sigaction(forwarded[i], NULL, &state->forwarded[i]);
    }
    sigprocmask(SIG_BLOCK, &held, &state->mask);
}

static void take_signals(const struct signal_state *state, pid_t pid)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction pass_on = {.sa_handler = forward, .sa_flags = SA_RESTART};
    program_pid = pid;
    for (size_t i = 0; i < IGNORED_COUNT; i++)
        sigaction(ignored[i], &ignore, NULL);
    for (size_t i = 0; i < FORWARDED_COUNT; i++) {
        if (state->forwarded[i].sa_handler != SIG_IGN) /* nohup(1): the program ignores it too */
            sigaction(forwarded[i], &pass_on, NULL);
    }
    sigprocmask(SIG_SETMASK, &state->mask, NULL);
}

static void give_signals_back(const struct signal_state *state)
{
    for (size_t i = 0; i < IGNORED_COUNT; i++)
        sigaction(ignored[i], &state->ignored[i], NULL);
    for (size_t i = 0; i < FORWARDED_COUNT; i++)
        sigaction(forwarded[i], &state->forwarded[i], NULL);
}

/* In the child. Whatever goes wrong is told through the pipe, which exec closes. */
__attribute__((noreturn)) static void become(const struct command *command,
                                             const struct signal_state *state, int complaints)
{
    bool set = true;
    sigprocmask(SIG_SETMASK, &state->mask, NULL);
    for (size_t i = 0; i < command->setting_count && set; i++)
        set = setenv(command->settings[i].name, command->settings[i].value, 1) == 0;
    if (set)
        execve(command->path, command->arguments, environ);
    int reason = errno;
    while (write(complaints, &reason, sizeof(reason)) < 0 && errno == EINTR)
        continue;
    _exit(127);
}

/* The errno with which the child failed to become the program, 0 when it became it. */
static int read_complaint(int complaints)
{
    int reason = 0;
    ssize_t count;
    do
        count = read(complaints, &reason, sizeof(reason));
    while (count < 0 && errno == EINTR);
    return count == sizeof(reason) ? reason : 0;
}

/* /proc still knows the name of a process that ended and was not waited for. */
static void read_last_name(pid_t pid, char *name, size_t bytes)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    name[0] = '\0';
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t count = read(file, name, bytes - 1);
    close(file);
    name[count > 0 ? count : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Looks at the program until it ends. A kernel without pidfd (before 5.3) gets no looks. */
static void look_meanwhile(const struct command *command, pid_t pid)
{
    struct pollfd end = {.fd = command->look ? pidfd_open(pid, 0) : -1, .events = POLLIN};
    if (end.fd < 0)
        return;
    uint64_t next = now_ms() + command->first_look_ms;
    bool ended = false;
    while (!ended) {
        uint64_t now = now_ms();
        if (now >= next) {
            next = now + command->look(command->look_context, pid);
            continue;
        }
        uint64_t left = next - now < INT_MAX ? next - now : INT_MAX;
        int count = poll(&end, 1, (int)left);
        ended = count > 0 || (count < 0 && errno != EINTR);
    }
    close(end.fd);
}

static void wait_for(const struct command *command, pid_t pid, const struct signal_state *state,
                     struct ending *ending)
{
    siginfo_t info;
    look_meanwhile(command, pid);
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
    read_last_name(pid, ending->last_name, sizeof(ending->last_name));
    /* As long as it is not waited for, its number belongs to nobody else: forward() is safe. */
    give_signals_back(state);
    while (waitpid(pid, &ending->wait_status, 0) < 0 && errno == EINTR)
        continue;
}

bool supervise(const struct command *command, struct ending *ending, struct error *error)
{
    int complaints[2];
    struct signal_state state;
    memset(ending, 0, sizeof(*ending));
    if (pipe2(complaints, O_CLOEXEC) != 0)
        return error_set(error, STATUS_USAGE, "cannot run %s: pipe: %s", command->path,
                         strerror(errno));
    clock_gettime(CLOCK_REALTIME_COARSE, &ending->started);
    hold_signals(&state);
    pid_t pid = fork();
    if (pid == 0)
        become(command, &state, complaints[1]);
    close(complaints[1]);
    if (pid < 0) {
        int reason = errno;
        sigprocmask(SIG_SETMASK, &state.mask, NULL);
        close(complaints[0]);
        return error_set(error, STATUS_USAGE, "cannot run %s: fork: %s", command->path,
                         strerror(reason));
    }
    ending->pid = pid;
    take_signals(&state, pid);
    int reason = read_complaint(complaints[0]);
    close(complaints[0]);
    wait_for(command, pid, &state, ending);
    if (reason != 0)
        return error_set(error, STATUS_USAGE, "cannot run %s: %s", command->path, strerror(reason));
    return true;
}

char *preload_list(const char *library, const char *old)
{
    char *list = NULL;
    if (old == NULL || old[0] == '\0')
        return strdup(library);
    return asprintf(&list, "%s:%s", library, old) < 0 ? NULL : list;
}
