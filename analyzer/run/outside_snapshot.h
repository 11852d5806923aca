/*
 * A snapshot of a running tracked process, taken from outside: the registry and the tables are read
 * with process_vm_readv(2), so the program does not stop, run a handler or notice.
 */
#ifndef HASHTRACK_OUTSIDE_SNAPSHOT_H
#define HASHTRACK_OUTSIDE_SNAPSHOT_H

#include <sys/types.h>

#include "error.h"
#include "remote_registry.h"
#include "snapshot.h"

/* Smaller tables make no finding, and a program that has less in all has none to look for. */
#define OUTSIDE_LEAST_BYTES 65536u

struct outside_snapshot {
    struct remote_registry remote;
    struct snapshot snapshot;
    char program[1024];
    uint32_t registered; /* tables that the process itself knew: index in the registry's pool */
};

/* Copies the registry of the process. NULL with *error as remote_registry_copy() has it, or without
 * memory. `label` must outlive the snapshot. */
struct outside_snapshot *outside_snapshot_begin(pid_t pid, const char *label, struct error *error);

/* Reads the tables into snapshot.contents. False when there is no memory for it. */
bool outside_snapshot_read(struct outside_snapshot *outside);

/* Writes the dump into the directory under a name that no file there has; the name into `name`. */
bool outside_snapshot_write(struct outside_snapshot *outside, const char *directory,
                            char name[SNAPSHOT_NAME_BYTES], struct error *error);

/* NULL is welcome. */
void outside_snapshot_free(struct outside_snapshot *outside);

#endif
