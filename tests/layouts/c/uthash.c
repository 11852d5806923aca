/*
 * uthash as a program uses it. Scenarios: full, hollow, churn, threads, many, freed, capacity;
 * kinds: none, names (the same elements also in a second table, by string keys). Clearing a uthash
 * frees everything, and there is no way to reserve. Also built with HASH_BLOOM and
 * HASH_NONFATAL_OOM, which make the table's object larger.
 */
#include "threads.h"
#include "truth.h"

#include <string.h>

static _Atomic uint64_t
    bucket_bytes; /* of all bucket arrays: uthash passes the size to its free, too */

static void *counted_malloc(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL)
        abort();
    bucket_bytes += bytes;
    return memory;
}

static void counted_free(void *memory, size_t bytes)
{
    bucket_bytes -= bytes;
    free(memory);
}

#define uthash_malloc(bytes)       counted_malloc(bytes)
#define uthash_free(memory, bytes) counted_free(memory, bytes)
#include <uthash.h>

#define ENTRIES 400000u
#define KEPT_OF 50u

struct session {
    char name[24]; /* the handle is not at the start: elements are found through hho */
    uint64_t id;
    UT_hash_handle hh;
    UT_hash_handle by_name;
};

static bool has_names;
static struct session *names; /* the head of the second table */

static struct session *insert(struct session *sessions, uint64_t id)
{
    struct session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        abort();
    session->id = id;
    HASH_ADD(hh, sessions, id, sizeof(session->id), session);
    if (has_names) {
        snprintf(session->name, sizeof(session->name), "session %" PRIu64, id);
        HASH_ADD_KEYPTR(by_name, names, session->name, strlen(session->name), session);
    }
    return sessions;
}

static struct session *erase(struct session *sessions, uint64_t id)
{
    struct session *session;
    HASH_FIND(hh, sessions, &id, sizeof(id), session);
    if (session == NULL)
        abort();
    HASH_DEL(sessions, session);
    if (has_names)
        HASH_DELETE(by_name, names, session);
    free(session);
    return sessions;
}

static struct session *fill_with(uint64_t entries)
{
    struct session *sessions = NULL;
    for (uint64_t id = 0; id < entries; id++)
        sessions = insert(sessions, id);
    return sessions;
}

static struct session *fill(void)
{
    return fill_with(ENTRIES);
}

static struct session *sweep(struct session *sessions)
{
    for (uint64_t id = 0; id < ENTRIES; id++)
        if (id % KEPT_OF != 0)
            sessions = erase(sessions, id);
    return sessions;
}

/* The idiom of uthash's manual. The array goes with the last item: what it holds by then says
 * nothing about the table's life. */
static void destroy(struct session *sessions)
{
    struct session *session, *next;
    if (has_names)
        HASH_CLEAR(by_name, names);
    HASH_ITER(hh, sessions, session, next)
    {
        HASH_DEL(sessions, session);
        free(session);
    }
}

/* The array goes while its items are still in it. */
static void clear(struct session *sessions)
{
    struct session *session = sessions;
    HASH_CLEAR(hh, sessions);
    while (session != NULL) {
        struct session *next = session->hh.next;
        free(session);
        session = next;
    }
}

static struct session *recreate(struct session *sessions)
{
    struct session *fresh = NULL, *session, *next;
    HASH_ITER(hh, sessions, session, next)
    {
        HASH_DEL(sessions, session);
        HASH_ADD(hh, fresh, id, sizeof(session->id), session);
    }
    return fresh;
}

static void print_capacities(void)
{
    static const uint64_t lives[] = {1, 50, 300, 1000, 6000, 20000};
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        struct session *sessions = fill();
        for (uint64_t id = lives[i]; id < ENTRIES; id++)
            sessions = erase(sessions, id);
        uint64_t before = sessions->hh.tbl->num_buckets;
        sessions = recreate(sessions);
        uint64_t after = sessions->hh.tbl->num_buckets;
        print_capacity("uthash", HASH_COUNT(sessions), before, before * sizeof(UT_hash_bucket),
                       after, bucket_bytes - sizeof(UT_hash_table));
        destroy(sessions);
    }
}

static struct truth truth_of(const UT_hash_table *table)
{
    return (struct truth){"uthash",         table->buckets,    table->num_buckets,
                          table->num_items, TOMBSTONES_UNTOLD, ENTRIES};
}

static void *fill_and_sweep(void *unused)
{
    (void)unused;
    return sweep(fill());
}

static void run_threads(void)
{
    void *sessions[THREADS];
    in_threads(fill_and_sweep, sessions);
    HASHTRACK_SNAPSHOT("end");
    for (unsigned i = 0; i < THREADS; i++)
        print_truth(truth_of(((struct session *)sessions[i])->hh.tbl), "hollow", "end", false);
}

/* Each with room for 400 and two entries left, and never freed. */
static void run_many(uint64_t tables)
{
    static struct session *kept[3000];
    for (uint64_t i = 0; i < tables; i++) {
        kept[i] = fill_with(400);
        for (uint64_t id = 2; id < 400; id++)
            kept[i] = erase(kept[i], id);
    }
    HASHTRACK_SNAPSHOT("end");
    uint64_t buckets = kept[0]->hh.tbl->num_buckets;
    print_many("uthash", tables, buckets, 2, buckets * sizeof(UT_hash_bucket));
}

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow";
    has_names = argc > 2 && strcmp(argv[2], "names") == 0;
    if (strcmp(scenario, "capacity") == 0) {
        print_capacities();
        return 0;
    }
    if (strcmp(scenario, "threads") == 0) {
        run_threads();
        return 0;
    }
    if (strcmp(scenario, "many") == 0) {
        run_many(3000);
        return 0;
    }
    struct session *sessions = fill();
    const char *verdict = "ok";
    bool freed = strcmp(scenario, "freed") == 0;
    if (freed || strcmp(scenario, "hollow") == 0) {
        sessions = sweep(sessions);
        verdict = "hollow";
    } else if (strcmp(scenario, "churn") == 0) {
        for (uint64_t id = 0; id < ENTRIES; id++) {
            sessions = erase(sessions, id);
            sessions = insert(sessions, id + ENTRIES);
        }
    } else if (strcmp(scenario, "full") != 0) {
        unknown_scenario(scenario);
    }
    struct truth truth = truth_of(sessions->hh.tbl);
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    if (has_names)
        print_truth(truth_of(names->by_name.tbl), verdict, "end", false);
    if (freed)
        clear(sessions);
    else
        destroy(sessions);
    if (freed || strcmp(scenario, "full") == 0)
        print_truth(truth, verdict, "main-returned", true);
    return 0;
}
