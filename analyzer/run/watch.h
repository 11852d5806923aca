/*
 * Looking at a running program from outside, every so often: what its tables held when, and the
 * last snapshot for the case that it ends without a dump. Costs the program nothing: no thread, no
 * handler, no stop.
 */
#ifndef HASHTRACK_WATCH_H
#define HASHTRACK_WATCH_H

#include <limits.h>
#include <sys/types.h>

#include "outside_snapshot.h"
#include "reading_log.h"

struct watch {
    unsigned interval_ms;
    uint64_t next_read_ms;           /* CLOCK_MONOTONIC; not before that */
    bool is_unsure;                  /* a table is hollow that was not at the look before */
    struct outside_snapshot *last;   /* NULL: nothing was seen yet */
    struct outside_snapshot *before; /* NULL, or an earlier one with hollow tables that went */
    uint64_t went_ms;                /* when they were missed, by the program's clock */
    struct timespec last_at;         /* CLOCK_REALTIME_COARSE, which file times are taken from */
    struct reading_log log;          /* of the program that `last` is of */
};

/* One look, for struct command; the context is a struct watch. */
unsigned watch_look(void *context, pid_t pid);

/* Writes the last snapshot as a dump that says that it is incomplete; its path into `path`. */
bool watch_write_last(struct watch *watch, const char *directory, char path[PATH_MAX],
                      struct error *error);

/* The snapshot before tables went that were hollow, if that is so short ago that the program may
 * have been ending already. Or NULL. */
const struct outside_snapshot *watch_before_the_end(const struct watch *watch);

/* Whether that moment, by the program's clock, is longer before the last look than the end of a run
 * may take. */
bool watch_is_before_the_end(const struct watch *watch, uint64_t at_ms);

void watch_free(struct watch *watch);

#endif
