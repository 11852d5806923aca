/* Sessions on one list, oldest first, and in buckets: when there are too many, the buckets go, and
 * larger ones are filled from the list. Begins with so many that it grows twice only. */
#include "scenario.h"

#define FIRST_BUCKETS 65536u

struct session {
    struct session *in_bucket;
    struct session *newer, **older_link;
    uint64_t id, bytes_sent;
};

struct sessions {
    struct session *oldest, **newest_link;
    struct session **buckets;
    size_t bucket_count, count;
};

static size_t bucket_of(const struct sessions *s, uint64_t id)
{
    uint64_t h = id ^ 0x6a09e667f3bcc908u;
    h *= 0xd1342543de82ef95u;
    h ^= h >> 37;
    h *= 0xaf251af3b0f025b5u;
    return (size_t)(h >> 22) & (s->bucket_count - 1);
}

static void enter(struct sessions *s, struct session *session)
{
    struct session **head = &s->buckets[bucket_of(s, session->id)];
    session->in_bucket = *head;
    *head = session;
}

static void resize(struct sessions *s, size_t bucket_count)
{
    free(s->buckets);
    s->bucket_count = bucket_count;
    s->buckets = must(calloc(bucket_count, sizeof *s->buckets));
    for (struct session *session = s->oldest; session != NULL; session = session->newer)
        enter(s, session);
}

static struct session **lookup(const struct sessions *s, uint64_t id)
{
    struct session **link = &s->buckets[bucket_of(s, id)];
    while (*link != NULL && (*link)->id != id)
        link = &(*link)->in_bucket;
    return link;
}

static void *create(void)
{
    struct sessions *s = must(calloc(1, sizeof *s));
    s->newest_link = &s->oldest;
    resize(s, FIRST_BUCKETS);
    return s;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct sessions *s = table;
    struct session *session = *lookup(s, key);
    if (session == NULL) {
        if (s->count * 4 >= s->bucket_count * 3)
            resize(s, 2 * s->bucket_count);
        session = must(calloc(1, sizeof *session));
        session->id = key;
        session->older_link = s->newest_link;
        *s->newest_link = session;
        s->newest_link = &session->newer;
        enter(s, session);
        s->count++;
    }
    session->bytes_sent = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct session *session = *lookup(table, key);
    *value = session != NULL ? session->bytes_sent : 0;
    return session != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct sessions *s = table;
    struct session **link = lookup(s, key), *gone = *link;
    if (gone == NULL)
        return false;
    *link = gone->in_bucket;
    *gone->older_link = gone->newer;
    if (gone->newer != NULL)
        gone->newer->older_link = gone->older_link;
    else
        s->newest_link = gone->older_link;
    free(gone);
    s->count--;
    return true;
}

static void destroy(void *table)
{
    struct sessions *s = table;
    for (struct session *session = s->oldest, *newer; session != NULL; session = newer) {
        newer = session->newer;
        free(session);
    }
    free(s->buckets);
    free(s);
}

static struct shape shape(const void *table)
{
    const struct sessions *s = table;
    return (struct shape){.address = s->buckets, .capacity = s->bucket_count, .live = s->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 190000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
