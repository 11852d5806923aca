/*
 * Heads of four bytes, numbers of nodes that lie in one vector behind each other, with a list of
 * those that are free. At two nodes for each head these become four times as many: then more are in
 * use than there were before. The hash is a multiplication alone, which spreads ids evenly.
 */
#include "scenario.h"

#include <string.h>

#define NONE  UINT32_MAX
#define FIRST 16384u

struct node {
    uint64_t key, value, checked;
    uint32_t rest, group;
};

struct inventory {
    uint32_t *heads;
    struct node *nodes;
    size_t head_count, node_count, node_room, members;
    uint32_t unused;
};

static uint32_t *head_of(uint32_t *heads, size_t count, uint64_t key)
{
    return &heads[(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) * count >> 32];
}

static uint32_t *new_heads(size_t count)
{
    uint32_t *heads = must(malloc(count * sizeof *heads));
    memset(heads, 0xff, count * sizeof *heads);
    return heads;
}

static void *create(void)
{
    struct inventory *table = must(malloc(sizeof *table));
    *table = (struct inventory){.heads = new_heads(FIRST), .head_count = FIRST, .unused = NONE};
    return table;
}

static void hang_in(struct inventory *table, uint32_t *heads, size_t count, uint32_t at)
{
    uint32_t *head = head_of(heads, count, table->nodes[at].key);
    table->nodes[at].rest = *head;
    *head = at;
}

static void spread(struct inventory *table)
{
    size_t count = table->head_count * 4;
    uint32_t *heads = new_heads(count);
    for (size_t i = 0; i < table->head_count; i++)
        for (uint32_t at = table->heads[i], rest; at != NONE; at = rest) {
            rest = table->nodes[at].rest;
            hang_in(table, heads, count, at);
        }
    free(table->heads);
    table->heads = heads;
    table->head_count = count;
}

/* What leads to the key's node, or to none. */
static uint32_t *link_to(struct inventory *table, uint64_t key)
{
    uint32_t *link = head_of(table->heads, table->head_count, key);
    while (*link != NONE && table->nodes[*link].key != key)
        link = &table->nodes[*link].rest;
    return link;
}

static uint32_t take_node(struct inventory *table)
{
    uint32_t at = table->unused;
    if (at != NONE) {
        table->unused = table->nodes[at].rest;
        return at;
    }
    if (table->node_count == table->node_room) {
        table->node_room = table->node_room * 2 + 32;
        table->nodes = must(realloc(table->nodes, table->node_room * sizeof *table->nodes));
    }
    return (uint32_t)table->node_count++;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct inventory *table = memory;
    uint32_t at = *link_to(table, key);
    if (at == NONE) {
        if (table->members >= table->head_count * 2)
            spread(table);
        at = take_node(table);
        table->nodes[at] = (struct node){.key = key, .group = (uint32_t)(key % 7)};
        hang_in(table, table->heads, table->head_count, at);
        table->members++;
    }
    table->nodes[at].value = value;
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    struct inventory *table = memory;
    uint32_t at = *link_to(table, key);
    *value = at != NONE ? table->nodes[at].value : 0;
    return at != NONE;
}

static bool erase(void *memory, uint64_t key)
{
    struct inventory *table = memory;
    uint32_t *link = link_to(table, key), at = *link;
    if (at == NONE)
        return false;
    *link = table->nodes[at].rest;
    table->nodes[at] = (struct node){.rest = table->unused};
    table->unused = at;
    table->members--;
    return true;
}

static void destroy(void *memory)
{
    struct inventory *table = memory;
    free(table->heads);
    free(table->nodes);
    free(table);
}

static struct shape shape(const void *memory)
{
    const struct inventory *table = memory;
    return (struct shape){.address = table->heads,
                          .others = {table->nodes},
                          .capacity = table->head_count,
                          .live = table->members};
}

int main(int argc, char **argv)
{
    /* 524,288 make it grow for the last time, to 1,048,576 heads. */
    static const struct private_table kind = {.entries = 700000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
