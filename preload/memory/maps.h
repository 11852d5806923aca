/*
 * /proc/PID/maps: what is mapped where. For the modules of a dump and for the scan for owners.
 */
#ifndef HASHTRACK_MAPS_H
#define HASHTRACK_MAPS_H

#include "buffer.h"

struct mapping {
    uint64_t start, end;
    uint64_t file_offset;
    bool readable, writable, executable, shared;
    const char *path; /* of `path_bytes` bytes, not terminated; empty for anonymous memory */
    size_t path_bytes;
};

/* Whether no file is in it, whose pages go when it is made shorter, by whomever. */
static inline bool mapping_is_anonymous(const struct mapping *mapping)
{
    return mapping->path_bytes == 0 || mapping->path[0] == '[';
}

/* Reads the maps of the process (0: our own) into `text`; the caller frees it. */
bool maps_read(int pid, struct buffer *text);

/* Parses the next line at *offset; false at the end. Lines that make no sense are skipped. */
bool maps_next(const struct buffer *text, size_t *offset, struct mapping *out);

/* Writes "/proc/PID/name" (pid 0: self) into `path`, which has room for 64 bytes. */
void proc_path(char *path, int pid, const char *name);

#endif
