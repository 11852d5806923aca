/*
 * Runs one program as a shell would, with libhashtrack.so preloaded, until it ends.
 */
#ifndef HASHTRACK_SUPERVISE_H
#define HASHTRACK_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "error.h"

struct environment_setting {
    const char *name;
    const char *value;
};

struct command {
    const char *path;
    char **arguments; /* NULL-terminated, the first is the program's name */
    const struct environment_setting *settings;
    size_t setting_count;
    /* Called every so often while the program runs; returns the milliseconds until the next time.
     * NULL for never. The process it is given exists, or has ended and was not waited for. */
    unsigned (*look)(void *context, pid_t pid);
    void *look_context;
    unsigned first_look_ms;
};

struct ending {
    pid_t pid;
    struct timespec started; /* CLOCK_REALTIME_COARSE, which file times are taken from */
    int wait_status;         /* as waitpid(2) gives it */
    char last_name[32];      /* what the process was called when it ended; "" unknown */
};

/* Runs the command with our own stdin, stdout and stderr. False when it could not be started.
 * Signals from the terminal reach the program and are ignored here meanwhile; SIGTERM, SIGHUP,
 * SIGUSR1 and SIGUSR2 that only we get are passed on. */
bool supervise(const struct command *command, struct ending *ending, struct error *error);

/* What is to stand before `old` (NULL for none) in LD_PRELOAD; malloc'ed, NULL without memory. */
char *preload_list(const char *library, const char *old);

#endif
