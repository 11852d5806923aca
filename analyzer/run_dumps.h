/*
 * Which dumps a run left behind, and, when the one that matters is missing, why.
 */
#ifndef HASHTRACK_RUN_DUMPS_H
#define HASHTRACK_RUN_DUMPS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct run_dumps {
    char
        final[PATH_MAX]; /* the last dump at the end of the program itself; "" when there is none */
    char snapshot[PATH_MAX]; /* its last snapshot; "" when there is none */
    size_t others; /* dumps at the end of other processes, or of programs it was before exec */
};

/* Looks through `directory` for dumps written since `started`. */
void run_dumps_find(const char *directory, pid_t pid, const struct timespec *started,
                    struct run_dumps *dumps);

#endif
