/*
 * Sessions in a uthash table: uthash links entries that the program allocates one by one, so an
 * ended session gives its bytes back. What stays is the bucket array, 16 bytes a bucket.
 */
#ifndef EXAMPLES_UTHASH_SESSIONS_H
#define EXAMPLES_UTHASH_SESSIONS_H

#include "memory.h"
#include "workload.h"

#include <stdlib.h>
#include <uthash.h>

struct entry {
    uint64_t id;
    struct session session;
    UT_hash_handle hh;
};

static struct entry *sessions;

static void begin_sessions(void)
{
    for (uint64_t id = 1; id <= SESSION_COUNT; id++) {
        struct entry *entry = malloc(sizeof(*entry));
        if (!entry)
            abort();
        entry->id = id;
        begin_session(&entry->session, id);
        HASH_ADD(hh, sessions, id, sizeof(entry->id), entry);
    }
    print_memory("uthash: a million sessions");
}

static void end_sessions(void)
{
    struct entry *entry, *next;

    HASH_ITER(hh, sessions, entry, next)
    {
        if (!outlives_the_burst(entry->id)) {
            HASH_DEL(sessions, entry);
            free(entry);
        }
    }
    print_memory("uthash: all but ten ended");
}

#endif
