/* Which processes of a run go on after the program itself has ended. */
#ifndef HASHTRACK_STILL_RUNNING_H
#define HASHTRACK_STILL_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "run_processes.h"

struct still_running {
    struct still_running_process {
        pid_t pid;
        char name[32]; /* what it is called now */
    } * list;
    size_t count;
};

/* Those of a run that go on: of `processes` the ones without a last dump, and whatever was started
 * with HASHTRACK_RUN_ID=`run_id` in its environment, as far as this user may see it. To be freed in
 * any case. */
bool still_running_find(uint64_t run_id, const struct run_processes *processes,
                        struct still_running *running, struct error *error);

const struct still_running_process *still_running_has(const struct still_running *running,
                                                      pid_t pid);

void still_running_free(struct still_running *running);

#endif
