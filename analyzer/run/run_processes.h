/* The processes of a run, as they have said it themselves: preload/interpose/process_log.h. */
#ifndef HASHTRACK_RUN_PROCESSES_H
#define HASHTRACK_RUN_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

enum run_process_state {
    RUN_PROCESS_DUMPED,    /* or it had nothing to tell that its parent has not */
    RUN_PROCESS_NO_DUMP,   /* the tracker was in it; `error` may say why there is no dump */
    RUN_PROCESS_UNTRACKED, /* it became, or was started as, a program that the tracker is not in */
};

struct run_process {
    pid_t pid; /* as it knew it itself */
    enum run_process_state state;
    int error;     /* the errno with which its dump could not be written; 0 when none was tried */
    char *program; /* path, as far as it is known */
};

struct run_processes {
    struct run_process *list; /* by pid */
    size_t count;
};

/* Makes the file that the processes of the run write to, and removes it. */
bool run_processes_begin(const char *directory, uint64_t run_id, struct error *error);
void run_processes_end(const char *directory, uint64_t run_id);

/* What stands there so far; to be freed in any case. False with STATUS_BAD_DUMP when it is gone or
 * damaged: which processes there were is not known then. */
bool run_processes_read(const char *directory, uint64_t run_id, struct run_processes *processes,
                        struct error *error);
void run_processes_free(struct run_processes *processes);

/* The process of that number; NULL when none has noted anything. */
const struct run_process *run_processes_of(const struct run_processes *processes, pid_t pid);

#endif
