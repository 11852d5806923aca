/*
 * Chains of nodes that keep no hash, in a prime number of buckets from the beginning; the hash is
 * the program's own, with a seed of this run.
 */
#include <time.h>

#include "scenario.h"

enum { BUCKETS = 199999 };

typedef struct record {
    uint64_t id;
    struct record *chain;
    uint64_t body[3];
} record_t;

typedef struct {
    record_t **bucket;
    uint32_t records;
} registry_t;

static uint64_t seed;

static size_t number(uint64_t id)
{
    unsigned __int128 product = (unsigned __int128)(id ^ seed) * 0xa0761d6478bd642fu;
    return (size_t)((uint64_t)product ^ (uint64_t)(product >> 64)) % BUCKETS;
}

static record_t **find_link(registry_t *r, uint64_t id)
{
    record_t **link = &r->bucket[number(id)];
    while (*link != NULL && (*link)->id != id)
        link = &(*link)->chain;
    return link;
}

static void *create(void)
{
    registry_t *r = must(malloc(sizeof(*r)));
    seed = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15u;
    r->records = 0;
    r->bucket = must(calloc(BUCKETS, sizeof(*r->bucket)));
    return r;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    registry_t *r = table;
    record_t **link = find_link(r, key);
    if (*link == NULL) {
        *link = must(calloc(1, sizeof(**link)));
        (*link)->id = key;
        r->records++;
    }
    (*link)->body[1] = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    record_t *record = *find_link(table, key);
    if (record != NULL)
        *value = record->body[1];
    return record != NULL;
}

static bool erase(void *table, uint64_t key)
{
    registry_t *r = table;
    record_t **link = find_link(r, key), *record = *link;
    if (record == NULL)
        return false;
    *link = record->chain;
    free(record);
    r->records--;
    return true;
}

static void destroy(void *table)
{
    registry_t *r = table;
    for (size_t i = 0; i < BUCKETS; i++)
        for (record_t *record = r->bucket[i], *next; record != NULL; record = next) {
            next = record->chain;
            free(record);
        }
    free(r->bucket);
    free(r);
}

static struct shape shape(const void *table)
{
    const registry_t *r = table;
    return (struct shape){.address = r->bucket, .capacity = BUCKETS, .live = r->records};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
