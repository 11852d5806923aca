/*
 * What the interposed functions call for the few blocks that are tracked.
 *
 * Each saves and restores errno, enters the tracker once (thread.h) and does nothing when it is in
 * it already. A block is untracked before the real free and tracked after the real malloc, so that
 * the address cannot belong to another thread meanwhile (trap 12).
 */
#ifndef HASHTRACK_TRACKER_H
#define HASHTRACK_TRACKER_H

#include "registry.h"

/* Blocks of fewer requested bytes take the fast path. 0 until the library knows the next allocator
 * and its options, so that everything takes the slow path then; SIZE_MAX - 1 when tracking stopped.
 */
extern size_t tracker_threshold __attribute__((visibility("hidden")));
/* The same for free(): glibc chunks smaller than this were not tracked. 0: do not look. A multiple
 * of 8, so that flags in the lower bits of a chunk's size make no difference. */
extern size_t tracker_chunk_threshold __attribute__((visibility("hidden")));

static inline bool tracker_running(void)
{
    return tracker_threshold != 0 && tracker_threshold < SIZE_MAX - 1;
}

/* The block at `address` was allocated. `flags`: ARRAY_*. */
void tracker_allocated(void *address, size_t bytes, uint32_t flags);

/* The block at `address`, tracked or not, is about to be freed. */
void tracker_freeing(void *address);

/* A realloc is about to happen, and did. tracker_reallocating takes the old block out; the other
 * one puts the block back in, at `address` with `bytes`, or the old one when `address` is NULL. */
struct reallocation {
    struct array_record old;
    bool tracked;
};
void tracker_reallocating(struct reallocation *reallocation, void *address, size_t bytes);
void tracker_reallocated(struct reallocation *reallocation, void *address, size_t bytes,
                         uint32_t flags);

/* [address, address + bytes) is about to be unmapped: like a free when that is the whole mapping;
 * one that loses only a part is not tracked any longer, and counted. */
void tracker_unmapping(void *address, size_t bytes);

/* [address, address + bytes) is about to be filled with one byte. */
void tracker_filling(void *address, size_t bytes);

/* Stops tracking for good: everything goes straight through from now on. */
void tracker_stop(void);

#endif
