/*
 * A uthash table that was swept, for check_program.py. An array and a full table beside it.
 * usage: sweep_uthash hollow | fixed
 */
#include "in_use.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define SESSIONS 400000
#define KEPT_OF  100

struct session {
    uint64_t id;
    UT_hash_handle hh;
};

static struct session *sessions, *full;
static uint64_t *numbers;

static __attribute__((noinline)) void begin_sessions(struct session **table, uint64_t count)
{
    for (uint64_t id = 0; id < count; id++) {
        struct session *session = calloc(1, sizeof(*session));
        if (!session)
            abort();
        session->id = id;
        HASH_ADD(hh, *table, id, sizeof(session->id), session); /* GROWS HERE */
    }
}

static void end_sessions(void)
{
    struct session *session, *next;
    HASH_ITER(hh, sessions, session, next)
    if (session->id % KEPT_OF != 0) {
        HASH_DEL(sessions, session);
        free(session);
    }
}

/* The loop that the advice names. */
static void recreate(void)
{
    struct session *session, *next, *fresh = NULL;
    HASH_ITER(hh, sessions, session, next)
    {
        HASH_DEL(sessions, session);
        HASH_ADD(hh, fresh, id, sizeof(session->id), session);
    }
    sessions = fresh;
}

static void print_truth(const struct session *table, const char *verdict, const char *grown_in)
{
    printf("TRUTH {\"implementation\": \"uthash\", \"address\": \"%p\", \"capacity\": %u, "
           "\"live\": %u, \"verdict\": \"%s\"%s}\n",
           (void *)table->hh.tbl->buckets, table->hh.tbl->num_buckets, HASH_COUNT(table), verdict,
           grown_in);
}

int main(int argc, char **argv)
{
    begin_sessions(&sessions, SESSIONS);
    end_sessions();
    if (argc > 1 && strcmp(argv[1], "fixed") == 0) {
        int64_t before = bytes_in_use();
        recreate();
        print_given_back("uthash", before);
        return 0;
    }
    begin_sessions(&full, SESSIONS / 2);
    for (uint64_t room = 1024; room <= SESSIONS * 2; room *= 2) {
        numbers = realloc(numbers, room * sizeof(*numbers));
        if (!numbers)
            abort();
        for (uint64_t i = room / 2; i < room; i++)
            numbers[i] = i + 1;
    }
    print_truth(sessions, "hollow",
                ", \"grown_in\": \"begin_sessions\", \"source\": \"sweep_uthash.c\"");
    print_truth(full, "ok", "");
    printf("DECOY {\"what\": \"an array\", \"address\": \"%p\"}\n", (void *)numbers);
    return 0;
}
