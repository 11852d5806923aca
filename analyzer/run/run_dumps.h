/*
 * Which dumps a run left behind, and, when the one that matters is missing, why.
 */
#ifndef HASHTRACK_RUN_DUMPS_H
#define HASHTRACK_RUN_DUMPS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "error.h"

/* What tells the dumps of a run from others. */
struct run_identity {
    uint64_t id; /* in the dumps: HASHTRACK_RUN_ID */
    pid_t pid;
    struct timespec started; /* for files that cannot be read */
};

struct run_dumps {
    char
        final[PATH_MAX]; /* the last dump at the end of the program itself; "" when there is none */
    char snapshot[PATH_MAX]; /* its last snapshot; "" when there is none */
    size_t others;    /* dumps at the end of other processes, or of programs it was before exec */
    size_t snapshots; /* of the program and of other processes */
    char **paths;     /* of all dumps of the run, by name: of children and snapshots, too */
    size_t count;
};

/* Looks through `directory` for the dumps of a run. What was found must be freed whatever is
 * returned. */
bool run_dumps_find(const char *directory, const struct run_identity *run, struct run_dumps *dumps,
                    struct error *error);
void run_dumps_free(struct run_dumps *dumps);

#endif
