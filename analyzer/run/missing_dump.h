/*
 * Why a program that ran left no dump, as far as that can be known afterwards.
 */
#ifndef HASHTRACK_MISSING_DUMP_H
#define HASHTRACK_MISSING_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "supervise.h"
#include "target.h"

struct finished_run {
    const struct target *target;
    const struct ending *ending;
    const char *library;
    const char *preload; /* the whole LD_PRELOAD */
    const char *directory;
    uint64_t id; /* HASHTRACK_RUN_ID of its dumps */
};

/* Fills *error: STATUS_UNTRACKABLE when the library was not loaded, else STATUS_BAD_DUMP. Says how
 * to get a dump from a program that is killed, unless there is a snapshot of it. */
void explain_missing_dump(const struct finished_run *run, bool has_snapshot, struct error *error);

/* Whether files can be created in `directory`; a clause in *why (static) when not. */
bool can_write_dumps(const char *directory, const char **why);

#endif
