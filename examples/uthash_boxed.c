/*
 * No fix: boxing the sessions of a uthash table. The entries are blocks of their own already, so a
 * box in each adds a pointer and a block header and takes nothing from the bucket array.
 */
#include "memory.h"
#include "workload.h"

#include <stdlib.h>
#include <uthash.h>

struct entry {
    uint64_t id;
    struct session *session;
    UT_hash_handle hh;
};

static struct entry *sessions;

static void begin_sessions(void)
{
    for (uint64_t id = 1; id <= SESSION_COUNT; id++) {
        struct entry *entry = malloc(sizeof(*entry));
        if (!entry || !(entry->session = malloc(sizeof(*entry->session))))
            abort();
        entry->id = id;
        begin_session(entry->session, id);
        HASH_ADD(hh, sessions, id, sizeof(entry->id), entry);
    }
    print_memory("uthash, boxed: a million sessions");
}

static void end_sessions(void)
{
    struct entry *entry, *next;

    HASH_ITER(hh, sessions, entry, next)
    {
        if (!outlives_the_burst(entry->id)) {
            HASH_DEL(sessions, entry);
            free(entry->session);
            free(entry);
        }
    }
    print_memory("uthash, boxed: all but ten ended");
}

int main(void)
{
    begin_sessions();
    end_sessions();
    return 0;
}
