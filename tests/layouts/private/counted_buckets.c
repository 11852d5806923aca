/* A hundred thousand buckets of a lock, a count and a head, in one block behind the table's own
 * fields; chains end at a node of the table. */
#include "scenario.h"

#define BUCKETS 100000u

struct session {
    uint64_t id;
    uint64_t payload[6];
    struct session *next;
    uint64_t digest;
};

struct bucket {
    uint32_t lock;
    uint32_t count;
    struct session *head;
    uint64_t hits;
};

struct sessions {
    uint64_t total;
    struct session *nobody;
    struct bucket buckets[BUCKETS];
};

static uint64_t digest(uint64_t id)
{
    uint64_t d = id ^ 0xa0761d6478bd642fu;
    __uint128_t product = (__uint128_t)d * (id + 0xe7037ed1a0b428dbu) | 1;
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ id * 0x8ebc6af09c88c6e3u;
}

static struct bucket *bucket_of(struct sessions *s, uint64_t id)
{
    return &s->buckets[digest(id) % BUCKETS];
}

static struct session **link_to(struct sessions *s, uint64_t id)
{
    struct session **link = &bucket_of(s, id)->head;
    while (*link != s->nobody && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static void *create(void)
{
    struct sessions *s = must(calloc(1, sizeof *s));
    s->nobody = must(calloc(1, sizeof *s->nobody));
    for (uint32_t i = 0; i < BUCKETS; i++)
        s->buckets[i].head = s->nobody;
    return s;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct sessions *s = table;
    struct session **link = link_to(s, key);
    if (*link == s->nobody) {
        *link = must(calloc(1, sizeof **link));
        **link = (struct session){.id = key, .next = s->nobody, .digest = digest(key)};
        bucket_of(s, key)->count++;
        s->total++;
    }
    (*link)->payload[0] = value;
    bucket_of(s, key)->hits++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct sessions *s = table;
    struct session *found = *link_to(s, key);
    *value = found->payload[0];
    return found != s->nobody;
}

static bool erase(void *table, uint64_t key)
{
    struct sessions *s = table;
    struct session **link = link_to(s, key), *gone = *link;
    if (gone == s->nobody)
        return false;
    *link = gone->next;
    bucket_of(s, key)->count--;
    s->total--;
    free(gone);
    return true;
}

static void destroy(void *table)
{
    struct sessions *s = table;
    for (uint32_t i = 0; i < BUCKETS; i++)
        while (s->buckets[i].head != s->nobody)
            erase(s, s->buckets[i].head->id);
    free(s->nobody);
    free(s);
}

static struct shape shape(const void *table)
{
    const struct sessions *s = table;
    return (struct shape){.address = s, .capacity = BUCKETS, .live = s->total};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 90000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
