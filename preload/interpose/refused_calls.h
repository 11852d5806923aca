/*
 * System calls that end this process, when it was started under a filter that kills for what it
 * does not expect (seccomp): systemd's @system-service has no mincore, without @ipc there is no
 * process_vm_readv. A filter cannot be read, and those of most containers only refuse; so where
 * there is one, a child tries. What the program itself installs later ends the tracking (trap 44).
 */
#ifndef HASHTRACK_REFUSED_CALLS_H
#define HASHTRACK_REFUSED_CALLS_H

#include <stdbool.h>

enum refused_call {
    REFUSED_MEMORY,   /* process_vm_readv and process_vm_writev */
    REFUSED_PRESENCE, /* mincore */
};

/* Once, before the first of these calls. */
void refused_calls_start(void);

bool call_is_refused(enum refused_call call);

#endif
