/*
 * A session table that is filled, swept and never rebuilt. With the argument "fixed" it is rebuilt
 * and the program works on for a second; with "twice" there are two such tables, grown at the same
 * place; with "grown" it is four times as large.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <uthash.h>

struct session {
    long id;
    UT_hash_handle hh;
};

static struct session *g_sessions;
static struct session *g_archive;

static void open_session(struct session **table, long id)
{
    struct session *session = calloc(1, sizeof(*session));
    if (!session)
        abort();
    session->id = id;
    HASH_ADD(hh, *table, id, sizeof(long), session); /* GROWS HERE */
}

static void sweep(struct session **table)
{
    struct session *session, *next;
    HASH_ITER(hh, *table, session, next)
    {
        if (session->id < 100)
            continue;
        HASH_DEL(*table, session);
        free(session);
    }
}

static void rebuild(struct session **table)
{
    struct session *old = *table, *session, *next;
    struct session *moved = NULL;
    HASH_ITER(hh, old, session, next)
    {
        HASH_DEL(old, session);
        HASH_ADD(hh, moved, id, sizeof(long), session);
    }
    *table = moved;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    time_t began = time(NULL);
    long sessions = strcmp(how, "grown") == 0 ? 1200000 : 300000;
    for (long id = 0; id < sessions; id++)
        open_session(&g_sessions, id);
    sweep(&g_sessions);
    if (strcmp(how, "fixed") == 0) {
        rebuild(&g_sessions);
        sleep(1 + (unsigned)(time(NULL) - began) / 8); /* the end of a run is a share of it */
    }
    if (strcmp(how, "twice") == 0) {
        for (long id = 0; id < 300000; id++)
            open_session(&g_archive, id);
        sweep(&g_archive);
    }
    return strcmp(how, "fails") == 0 ? 5 : 0;
}
