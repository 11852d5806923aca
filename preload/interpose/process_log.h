/*
 * Which processes of a run began, and which of them left a dump: a file beside the dumps that
 * `hashtrack run` makes, to which every process of the run appends, and which `run` reads at the
 * end. A process that was killed, or that became a program without the tracker, is known by it.
 *
 * Nothing is written without HASHTRACK_RUN_ID, nor where the file is not there. One record is one
 * write() to a file that is open for appending, so that records of several processes do not mix.
 */
#ifndef HASHTRACK_PROCESS_LOG_H
#define HASHTRACK_PROCESS_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "settings.h"

#define PROCESS_LOG_PREFIX ".hashtrack."
#define PROCESS_LOG_SUFFIX ".processes"
#define PROCESS_LOG_MAGIC  0x676c7068u /* "hplg" */

enum process_event {
    PROCESS_STARTED = 1, /* the tracker is in a new program; the path is the program's */
    PROCESS_FORKED,      /* the same for a child made by fork() */
    PROCESS_REPLACING,   /* it is about to become another program by exec; the path is that one's */
    PROCESS_NOT_REPLACED, /* the exec failed: it is what it was before */
    PROCESS_SPAWNED,      /* a process made by posix_spawn() in another one; the path is its
                             program's */
    PROCESS_DUMPED,       /* its last dump is written */
    PROCESS_NOT_DUMPED,   /* its last dump could not be written; `error` is why */
    PROCESS_AS_FORKED,    /* it ended soon after fork() with what its parent has: no dump */
};

struct process_record {
    uint32_t magic;
    uint32_t event; /* enum process_event */
    uint32_t pid;   /* as the process itself knows it */
    uint32_t error; /* an errno */
    char path[240]; /* its end, where it is longer; ends with a zero byte */
};

_Static_assert(sizeof(struct process_record) == 256, "a reader counts in records");

/* The file's name: ".hashtrack.<16 digits>.processes". */
#define PROCESS_LOG_NAME_BYTES 48
static inline void process_log_name(uint64_t run_id, char name[PROCESS_LOG_NAME_BYTES])
{
    char *at = name + sizeof(PROCESS_LOG_PREFIX) - 1;
    memcpy(name, PROCESS_LOG_PREFIX, sizeof(PROCESS_LOG_PREFIX));
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[run_id >> shift & 15];
    memcpy(at, PROCESS_LOG_SUFFIX, sizeof(PROCESS_LOG_SUFFIX));
}

/* From here on records are written, when the settings have the number of a run. */
void process_log_start(const struct settings *settings);

/* No record is written any more: the process must not open files now. */
void process_log_stop(void);

bool process_log_runs(void);

/* Appends a record; path may be NULL. Async-signal-safe, touches no memory but the stack (a child
 * of vfork() has its parent's), and leaves errno alone. */
void process_log_note(enum process_event event, uint32_t pid, int error, const char *path);

#endif
