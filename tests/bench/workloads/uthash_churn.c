/*
 * Tables of uthash that fill, lose their entries and go, one after the other: `uthash_churn
 * ROUNDS`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#define ENTRIES 50000u

struct session {
    unsigned id;
    char name[40];
    UT_hash_handle hh;
};

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
    unsigned long found = 0;
    for (unsigned long round = 0; round < rounds; round++) {
        struct session *sessions = NULL, *session, *next;
        for (unsigned id = 0; id < ENTRIES; id++) {
            session = calloc(1, sizeof(*session));
            if (!session)
                return 1;
            session->id = id * 7 + (unsigned)round;
            snprintf(session->name, sizeof(session->name), "session %u", id);
            HASH_ADD(hh, sessions, id, sizeof(session->id), session);
        }
        for (unsigned i = 0; i < 2 * ENTRIES; i++) {
            unsigned id = i * 7 + (unsigned)round;
            HASH_FIND(hh, sessions, &id, sizeof(id), session);
            found += session != NULL;
        }
        HASH_ITER(hh, sessions, session, next)
        {
            HASH_DEL(sessions, session);
            free(session);
        }
    }
    return found != rounds * ENTRIES;
}
