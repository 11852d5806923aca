/* Buckets with a lock each, reserved once; their entries keep no hash, which is made of three
 * fields and a seed in the table's object. By the seed that it is compiled with (SEED) chance has
 * left few entries where a snapshot looks first: no two of one bucket in the half of the buckets
 * that is counted, or fewer than eight in the pieces that are sampled. */
#include <pthread.h>

#include "scenario.h"

enum { BUCKETS = 1 << 16 };

typedef struct flow {
    uint64_t packets;
    uint32_t address;
    uint16_t port, vlan;
    struct flow *next;
    uint64_t value;
} flow_t;

typedef struct {
    pthread_mutex_t lock;
    flow_t *first;
} bucket_t;

typedef struct {
    bucket_t *buckets;
    uint32_t mask, seed;
    uint32_t flows;
} flow_table_t;

static uint32_t turned(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static bucket_t *bucket_of(flow_table_t *t, const flow_t *like)
{
    uint32_t a = like->address + t->seed, b = (uint32_t)like->port << 16 | like->vlan;
    b ^= turned(a, 14);
    b *= 0x85ebca77u;
    a = turned(a, 11) + b;
    a ^= a >> 15;
    return &t->buckets[(a * 0xc2b2ae3du ^ turned(b, 19)) & t->mask];
}

static flow_t like(uint64_t key)
{
    return (flow_t){.address = (uint32_t)(key >> 7),
                    .port = (uint16_t)(key >> 39),
                    .vlan = (uint16_t)((key & 127) | (key >> 55) << 7)};
}

static flow_t **find_link(flow_table_t *t, const flow_t *wanted)
{
    flow_t **link = &bucket_of(t, wanted)->first;
    while (*link != NULL && ((*link)->address != wanted->address || (*link)->port != wanted->port ||
                             (*link)->vlan != wanted->vlan))
        link = &(*link)->next;
    return link;
}

static void *create(void)
{
    flow_table_t *t = must(calloc(1, sizeof(*t)));
    t->seed = SEED;
    t->mask = BUCKETS - 1;
    t->buckets = must(calloc(BUCKETS, sizeof(*t->buckets)));
    for (size_t i = 0; i < BUCKETS; i++)
        pthread_mutex_init(&t->buckets[i].lock, NULL);
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    flow_table_t *t = table;
    flow_t wanted = like(key), **link = find_link(t, &wanted);
    if (*link == NULL) {
        flow_t *flow = must(malloc(sizeof(*flow)));
        bucket_t *bucket = bucket_of(t, &wanted);
        pthread_mutex_lock(&bucket->lock);
        *flow = wanted;
        flow->next = bucket->first;
        bucket->first = flow;
        pthread_mutex_unlock(&bucket->lock);
        t->flows++;
        link = &bucket->first;
    }
    (*link)->value = value;
    (*link)->packets++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    flow_t wanted = like(key), *flow = *find_link(table, &wanted);
    if (flow != NULL)
        *value = flow->value;
    return flow != NULL;
}

static __attribute__((noinline)) void end_flow(flow_table_t *t, flow_t *flow)
{
    bucket_t *bucket = bucket_of(t, flow);
    pthread_mutex_lock(&bucket->lock);
    flow_t **link = &bucket->first;
    while (*link != flow)
        link = &(*link)->next;
    *link = flow->next;
    pthread_mutex_unlock(&bucket->lock);
    free(flow);
    t->flows--;
}

static bool erase(void *table, uint64_t key)
{
    flow_t wanted = like(key), *flow = *find_link(table, &wanted);
    if (flow != NULL)
        end_flow(table, flow);
    return flow != NULL;
}

static void destroy(void *table)
{
    flow_table_t *t = table;
    for (size_t i = 0; i < BUCKETS; i++)
        for (flow_t *flow = t->buckets[i].first, *next; flow != NULL; flow = next) {
            next = flow->next;
            free(flow);
        }
    free(t->buckets);
    free(t);
}

static struct shape shape(const void *table)
{
    const flow_table_t *t = table;
    return (struct shape){.address = t->buckets, .capacity = BUCKETS, .live = t->flows};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 60000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
