/*
 * How much of an array is in memory: pages never touched cost nothing (trap 47).
 */
#ifndef HASHTRACK_RESIDENCY_H
#define HASHTRACK_RESIDENCY_H

#include "file.h"

struct residency {
    int pagemap; /* descriptor of /proc/PID/pagemap, negative when it cannot be read */
};

/* Opens the page map of the process (0: our own). residency_close must follow. */
void residency_open(struct residency *residency, int pid);
void residency_close(struct residency *residency);

/* Bytes of [address, address + bytes) on pages that are present or swapped out; false when unknown.
 */
bool residency_of(const struct residency *residency, uint64_t address, uint64_t bytes,
                  uint64_t *out);

#endif
