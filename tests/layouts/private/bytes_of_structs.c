/*
 * Lists by keys of several fields, which are hashed as the bytes that they lie in, by FNV-1a. Made
 * once for all entries to come; no entry keeps its hash.
 */
#include "scenario.h"

#include <string.h>

#define BUCKETS (1u << 18)

struct flow {
    uint32_t from, to;
    uint16_t from_port, to_port;
    uint8_t protocol, direction;
    uint16_t zone; /* nothing is left between the fields that a copy might forget */
};

struct entry {
    struct entry *next;
    struct flow flow;
    uint64_t value;
};

struct flows {
    struct entry **buckets;
    size_t live;
};

static struct flow flow_of(uint64_t key)
{
    return (struct flow){.from = UINT32_C(0x0a000000) + (uint32_t)(key >> 20),
                         .to = (uint32_t)(key >> 44),
                         .from_port = (uint16_t)(key >> 4),
                         .to_port = (uint16_t)(443 + (key & 15)),
                         .protocol = 6};
}

static uint64_t fnv_1a(const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static struct entry **look_up(const struct flows *flows, const struct flow *flow)
{
    struct entry **link = &flows->buckets[fnv_1a(flow, sizeof *flow) & (BUCKETS - 1)];
    while (*link != NULL && memcmp(&(*link)->flow, flow, sizeof *flow) != 0)
        link = &(*link)->next;
    return link;
}

static void *create(void)
{
    struct flows *flows = must(calloc(1, sizeof *flows));
    flows->buckets = must(calloc(BUCKETS, sizeof *flows->buckets));
    return flows;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct flows *flows = table;
    struct flow flow = flow_of(key);
    struct entry **link = look_up(flows, &flow);
    if (*link == NULL) {
        *link = must(calloc(1, sizeof **link));
        (*link)->flow = flow;
        flows->live++;
    }
    (*link)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct flow flow = flow_of(key);
    struct entry *entry = *look_up(table, &flow);
    if (entry == NULL)
        return false;
    *value = entry->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct flows *flows = table;
    struct flow flow = flow_of(key);
    struct entry **link = look_up(flows, &flow), *entry = *link;
    if (entry == NULL)
        return false;
    *link = entry->next;
    free(entry);
    flows->live--;
    return true;
}

static void destroy(void *table)
{
    struct flows *flows = table;
    for (size_t i = 0; i < BUCKETS; i++)
        while (flows->buckets[i] != NULL) {
            struct entry *next = flows->buckets[i]->next;
            free(flows->buckets[i]);
            flows->buckets[i] = next;
        }
    free(flows->buckets);
    free(flows);
}

static struct shape shape(const void *table)
{
    const struct flows *flows = table;
    return (struct shape){.address = flows->buckets, .capacity = BUCKETS, .live = flows->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
