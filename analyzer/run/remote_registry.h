/*
 * The registry of a tracked process, copied from outside.
 *
 * The copy is made while the process runs on, so it may be torn here and there; everything that
 * uses a registry checks its indices for that reason.
 */
#ifndef HASHTRACK_REMOTE_REGISTRY_H
#define HASHTRACK_REMOTE_REGISTRY_H

#include <sys/types.h>

#include "buffer.h"
#include "error.h"
#include "registry.h"

struct remote_registry {
    struct registry registry; /* its pools point at copies */
    uint64_t address;         /* of the original */
    struct buffer own;        /* struct memory_range: where the process keeps the originals */
    uint64_t array_chunks[POOL_MAX_CHUNKS]; /* and those of the arrays' records: they stay there */
};

/* Copies the registry of the process. False with *error: no such process, not permitted, not
 * tracked (STATUS_UNTRACKABLE), another version. remote_registry_free afterwards in any case. */
bool remote_registry_copy(pid_t pid, struct remote_registry *out, struct error *error);

/* Whether the process still is the program that the copy was made of: it has neither ended nor
 * called exec. */
bool remote_registry_is_current(pid_t pid, const struct remote_registry *remote);

/* Whether the array that begins at the address in the copy is still there in the process: what was
 * read of one that went meanwhile is somebody else's memory, or the zeros that an allocator leaves.
 */
bool remote_registry_has_array(pid_t pid, struct remote_registry *remote, uint64_t address);

void remote_registry_free(struct remote_registry *remote);

#endif
