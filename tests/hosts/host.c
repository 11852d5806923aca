/*
 * The shared half of the hosts: see host.h. Uses nothing that needs the tracker.
 */
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t slot_of(const struct host_table *table, uint64_t key)
{
    size_t index = (size_t)(key * 0x9e3779b97f4a7c15ULL >> 20) & (table->capacity - 1);
    while (table->slots[index] != 0 && table->slots[index] != key)
        index = (index + 1) & (table->capacity - 1);
    return index;
}

static void grow(struct host_table *table)
{
    struct host_table bigger = {.capacity = table->capacity ? table->capacity * 2 : 256};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    HOST_CHECK(bigger.slots != NULL);
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i] != 0)
            bigger.slots[slot_of(&bigger, table->slots[i])] = table->slots[i];
    }
    bigger.live = table->live;
    free(table->slots);
    *table = bigger;
}

void host_table_fill(struct host_table *table, size_t entries)
{
    while (table->live < entries) {
        if (4 * (table->live + 1) > 3 * table->capacity)
            grow(table);
        uint64_t key = ++table->live;
        table->slots[slot_of(table, key)] = key;
    }
}

void host_table_free(struct host_table *table)
{
    free(table->slots);
    *table = (struct host_table){0};
}

void host_work(size_t entries)
{
    struct host_table table = {0};
    host_table_fill(&table, entries);
    for (uint64_t key = 1; key <= entries; key++)
        HOST_CHECK(table.slots[slot_of(&table, key)] == key);
    host_table_free(&table);
}

void host_say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line - 1)
        length = sizeof line - 2;
    line[length++] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(3); /* nobody hears us any more: the comparison would be of nothing */
}

static void describe_descriptors(void)
{
    /* Not through /proc/self/fd: it is missing in a chroot, and opening it needs a descriptor. */
    for (int fd = 0; fd < 65536; fd++) {
        int flags = fcntl(fd, F_GETFD);
        struct stat status;
        if (flags == -1)
            continue;
        HOST_CHECK(fstat(fd, &status) == 0);
        host_say("descriptor %d: kind %o, flags %x, status %x", fd, status.st_mode & S_IFMT, flags,
                 fcntl(fd, F_GETFL));
    }
}

static void describe_signals(void)
{
    sigset_t blocked, pending;
    stack_t stack;
    HOST_CHECK(sigprocmask(SIG_SETMASK, NULL, &blocked) == 0);
    HOST_CHECK(sigpending(&pending) == 0);
    for (int number = 1; number < 65; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0)
            continue; /* 32 and 33 are glibc's own */
        bool handled = action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
        if (handled || action.sa_handler == SIG_IGN)
            host_say("signal %d is %s", number, handled ? "handled" : "ignored");
        if (sigismember(&blocked, number) == 1)
            host_say("signal %d is blocked", number);
        if (sigismember(&pending, number) == 1)
            host_say("signal %d is pending", number);
    }
    HOST_CHECK(sigaltstack(NULL, &stack) == 0);
    host_say("alternate stack: flags %d", stack.ss_flags);
}

void host_describe(void)
{
    describe_descriptors();
    describe_signals();

    struct stat tasks;
    if (stat("/proc/self/task", &tasks) == 0)
        host_say("threads: %lu", (unsigned long)tasks.st_nlink - 2);
    mode_t mask = umask(022);
    umask(mask);
    const char *pending = dlerror();
    host_say("umask %o, dumpable %d, dlerror %s", (unsigned)mask, prctl(PR_GET_DUMPABLE),
             pending ? pending : "none");
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, "LD_PRELOAD=", 11) != 0)
            host_say("environment: %.*s", (int)strcspn(*entry, "="), *entry);
    }
}

void host_fail(const char *file, int line, const char *what)
{
    dprintf(STDERR_FILENO, "%s:%d: not so: %s (errno %d)\n", file, line, what, errno);
    _exit(1);
}

void host_skip(const char *why)
{
    host_say("%s", why);
    _exit(HOST_SKIP);
}

int host_main(int argc, char **argv, const struct host_case *cases)
{
    for (; argc > 1 && cases->name != NULL; cases++) {
        if (strcmp(argv[1], cases->name) == 0)
            return cases->run();
    }
    dprintf(STDERR_FILENO, "no such case: %s\n", argc > 1 ? argv[1] : "(none)");
    return 2;
}
