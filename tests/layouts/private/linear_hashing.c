/* Linear hashing: one bucket is split at a time, the one that the split pointer is at. The array of
 * heads is made larger by realloc, by a half, whenever the buckets reach its end: heads that are
 * not in use yet are part of its capacity, for they are what it costs. */
#include "scenario.h"

struct link {
    struct link *next;
    uint64_t hash;
    uint64_t key;
    uint64_t value;
};

struct lh {
    struct link **heads;
    size_t room;    /* of the array */
    size_t buckets; /* in use */
    size_t round;   /* a power of two: buckets at the beginning of this round */
    size_t split;
    size_t count;
};

static uint64_t hash_of(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 33;
}

static struct link **head_for(const struct lh *t, uint64_t hash)
{
    size_t at = hash & (t->round - 1);
    if (at < t->split)
        at = hash & (2 * t->round - 1);
    return &t->heads[at];
}

static void *create(void)
{
    struct lh *t = must(calloc(1, sizeof *t));
    t->round = t->buckets = t->room = 16;
    t->heads = must(calloc(t->room, sizeof *t->heads));
    return t;
}

static void split_one(struct lh *t)
{
    if (t->buckets == t->room) {
        size_t room = t->room + t->room / 2;
        t->heads = must(realloc(t->heads, room * sizeof *t->heads));
        for (size_t i = t->room; i < room; i++)
            t->heads[i] = NULL;
        t->room = room;
    }
    struct link **from = &t->heads[t->split], **to = &t->heads[t->buckets++];
    while (*from) {
        struct link *link = *from;
        if (link->hash & t->round) {
            *from = link->next;
            link->next = *to;
            *to = link;
        } else {
            from = &link->next;
        }
    }
    if (++t->split == t->round) {
        t->round *= 2;
        t->split = 0;
    }
}

static struct link **find_link(const struct lh *t, uint64_t key)
{
    uint64_t hash = hash_of(key);
    struct link **at = head_for(t, hash);
    while (*at && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct lh *t = table;
    struct link **at = find_link(t, key);
    if (*at) {
        (*at)->value = value;
        return;
    }
    struct link *link = must(malloc(sizeof *link));
    *link = (struct link){.hash = hash_of(key), .key = key, .value = value};
    *at = link;
    if (++t->count > t->buckets)
        split_one(t);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct link *link = *find_link(table, key);
    if (link)
        *value = link->value;
    return link != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct lh *t = table;
    struct link **at = find_link(t, key), *link = *at;
    if (!link)
        return false;
    *at = link->next;
    free(link);
    t->count--;
    return true;
}

static void destroy(void *table)
{
    struct lh *t = table;
    for (size_t i = 0; i < t->buckets; i++)
        for (struct link *link = t->heads[i], *next; link; link = next) {
            next = link->next;
            free(link);
        }
    free(t->heads);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct lh *t = table;
    return (struct shape){.address = t->heads, .capacity = t->room, .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
