/*
 * Sessions kept by value: 128 bytes in every slot, used or not.
 */
#ifndef EXAMPLES_INLINE_SESSIONS_H
#define EXAMPLES_INLINE_SESSIONS_H

#include "memory.h"
#include "table.h"
#include "workload.h"

#include <stdlib.h>

static struct table sessions;

static void begin_sessions(void)
{
    sessions = table_new(sizeof(struct session));
    for (uint64_t id = 1; id <= SESSION_COUNT; id++) {
        struct session *session = table_put(&sessions, id);
        if (!session)
            abort();
        begin_session(session, id);
    }
    print_memory("inline: a million sessions");
}

static void end_sessions(void)
{
    for (uint64_t id = 1; id <= SESSION_COUNT; id++) {
        if (!outlives_the_burst(id))
            table_remove(&sessions, id);
    }
    print_memory("inline: all but ten ended");
}

#endif
