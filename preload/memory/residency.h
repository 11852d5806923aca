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

/* The runs of pages of [start, end) that the program may have written to: in memory or swapped out,
 * and not as they are in a file. All of it where the page map cannot be read. What is said to be
 * swapped out may be no memory at all: madvise(2) puts guards in its place (MADV_GUARD_INSTALL). */
#define RESIDENCY_ENTRIES 128u
struct written_pages {
    const struct residency *residency;
    uint64_t next, end; /* of what was not shown yet */
    uint64_t entries[RESIDENCY_ENTRIES];
    uint64_t first_page; /* that of entries[0] */
    uint32_t count;
    bool are_present; /* all pages of the run that was shown last are in memory */
};

struct written_pages written_pages_of(const struct residency *residency, uint64_t start,
                                      uint64_t end);

/* The next run, of whole pages but for the ends; false when there is none. */
bool written_pages_next(struct written_pages *pages, uint64_t *start, uint64_t *end);

/* Bytes of [address, address + bytes) on pages that are present or swapped out; false when unknown.
 */
bool residency_of(const struct residency *residency, uint64_t address, uint64_t bytes,
                  uint64_t *out);

/* Whether it is known that no page of [address, address + bytes) is present or swapped out. */
bool residency_is_none(const struct residency *residency, uint64_t address, uint64_t bytes);

/* Whether it is known that of the pages that lie within it as a whole one is, at most. */
bool residency_is_hardly_any(const struct residency *residency, uint64_t address, uint64_t bytes);

#endif
