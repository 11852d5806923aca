/*
 * Coalesced hashing with a cellar: a seventh of the slots lies beyond all homes and takes the first
 * collisions, then the free slot with the highest number does. Chains of several homes may run
 * together, so an erased slot stays in its chain, empty but for its link, until the table grows.
 */
#include "scenario.h"

typedef struct node {
    int32_t link; /* number of the next slot plus one; 0: none */
    int32_t in_use;
    uint64_t id;
    uint64_t data;
} node_t;

typedef struct {
    node_t *nodes;
    uint32_t homes;
    uint32_t total;
    uint32_t cursor; /* slots from here on are taken */
    uint32_t live;
} coalesced_t;

static uint32_t home_of(const coalesced_t *c, uint64_t id)
{
    uint32_t a = (uint32_t)id * 0x85157af5u ^ (uint32_t)(id >> 32) * 0x6c8e9cf5u;
    a ^= a >> 15;
    a *= 0xd168aaadu;
    a ^= a >> 15;
    return a % c->homes;
}

static void allocate(coalesced_t *c, uint32_t homes)
{
    c->homes = homes;
    c->total = homes + homes / 6;
    c->cursor = c->total;
    c->live = 0;
    c->nodes = must(calloc(c->total, sizeof(*c->nodes)));
}

static void add(coalesced_t *c, uint64_t id, uint64_t data);

static void grow(coalesced_t *c)
{
    coalesced_t bigger = {0};
    allocate(&bigger, c->homes * 2 + 1);
    for (uint32_t i = 0; i < c->total; i++)
        if (c->nodes[i].in_use)
            add(&bigger, c->nodes[i].id, c->nodes[i].data);
    free(c->nodes);
    *c = bigger;
}

static void add(coalesced_t *c, uint64_t id, uint64_t data)
{
    node_t *n = &c->nodes[home_of(c, id)], *vacant = NULL;
    for (;;) {
        if (!n->in_use && vacant == NULL)
            vacant = n;
        if (n->link == 0)
            break;
        n = &c->nodes[n->link - 1];
    }
    if (vacant == NULL) {
        while (c->cursor > 0 && c->nodes[c->cursor - 1].in_use)
            c->cursor--;
        if (c->cursor == 0) {
            grow(c);
            add(c, id, data);
            return;
        }
        vacant = &c->nodes[c->cursor - 1];
        if (vacant->link == 0) {
            n->link = (int32_t)c->cursor;
        } else { /* it was erased, and is in another chain still */
            grow(c);
            add(c, id, data);
            return;
        }
    }
    vacant->in_use = 1;
    vacant->id = id;
    vacant->data = data;
    c->live++;
}

static node_t *locate(coalesced_t *c, uint64_t id)
{
    node_t *n = &c->nodes[home_of(c, id)];
    while (!n->in_use || n->id != id) {
        if (n->link == 0)
            return NULL;
        n = &c->nodes[n->link - 1];
    }
    return n;
}

static void *create(void)
{
    coalesced_t *c = must(calloc(1, sizeof(*c)));
    allocate(c, 53);
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    node_t *n = locate(table, key);
    if (n != NULL)
        n->data = value;
    else
        add(table, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    node_t *n = locate(table, key);
    if (n != NULL)
        *value = n->data;
    return n != NULL;
}

static bool erase(void *table, uint64_t key)
{
    coalesced_t *c = table;
    node_t *n = locate(c, key);
    if (n == NULL)
        return false;
    n->in_use = 0;
    n->id = n->data = 0;
    c->live--;
    return true;
}

static void destroy(void *table)
{
    coalesced_t *c = table;
    free(c->nodes);
    free(c);
}

static struct shape shape(const void *table)
{
    const coalesced_t *c = table;
    return (struct shape){.address = c->nodes, .capacity = c->total, .live = c->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .capacity_tolerance = 0.2,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
