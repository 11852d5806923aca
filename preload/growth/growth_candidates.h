/*
 * Which arrays may have replaced one that is about to be freed. Each is read once, under a lock:
 * what looks for the successor goes through them several times.
 */
#ifndef HASHTRACK_GROWTH_CANDIDATES_H
#define HASHTRACK_GROWTH_CANDIDATES_H

#include "layouts/layout.h"
#include "registry.h"
#include "thread.h"

struct candidate {
    uint32_t index;
    struct array_record array;
};

struct candidates {
    uint32_t count;
    struct candidate list[THREAD_RECENT];
};

/* What this thread allocated after the array and is still there, the youngest first. But before all
 * the youngest larger one that the same call allocated: where keys, values and states are arrays of
 * their own, it has been one call for each since the second growth. */
void growth_candidates_find(struct registry *registry, const struct array_record *old,
                            struct candidates *out);

/* Where the same call allocated several that are as large as each other, of tables that grow
 * together, puts the one first that this table's object points at by now; where that is not known,
 * the first of them that has taken no other array's place. */
void growth_candidates_prefer(struct registry *registry, const struct memory_reader *reader,
                              const struct array_record *old, struct candidates *candidates);

#endif
