/*
 * Buckets that grow by realloc, of which the new half is filled when it is first touched. All
 * chains end at one node in the table's object, which leads to itself; empty buckets hold it, too.
 * In front of each block the program's allocator keeps pointers of its own.
 */
#include "scenario.h"

#include <string.h>

struct node {
    struct node *next;
    uint64_t key, value;
};

struct front { /* of a block: its parent, its neighbours, its name and its size */
    struct front *parent, *child, *next, *previous;
    const char *name;
    uint64_t bytes, pool, flags;
};

struct table {
    uint32_t nodes, buckets, grow_at, mask;
    uint64_t (*hash)(uint64_t key);
    struct node end;
    struct node **heads;
};

static const uint64_t FIRST = 64;

static void *resize(void *memory, size_t bytes, size_t before)
{
    struct front *front =
        must(realloc(memory ? (struct front *)memory - 1 : NULL, sizeof *front + bytes));
    *front = (struct front){.parent = front, .name = "buckets", .bytes = bytes};
    memset((char *)(front + 1) + before, 0, bytes - before);
    return front + 1;
}

static uint64_t mix(uint64_t key)
{
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    return key ^ key >> 32;
}

/* The bucket that was split into this one and itself. */
static uint64_t parent_of(uint64_t bucket)
{
    uint64_t top = 1;
    while (top * 2 <= bucket)
        top *= 2;
    return bucket & ~top;
}

static struct node **head_of(struct table *table, uint64_t bucket)
{
    struct node **head = &table->heads[bucket];
    if (*head != NULL)
        return head;
    *head = &table->end;
    if (bucket == 0)
        return head;
    uint64_t mask = 1;
    while (mask < bucket)
        mask = mask * 2 + 1;
    for (struct node **at = head_of(table, parent_of(bucket)); *at != &table->end;) {
        struct node *node = *at;
        if ((table->hash(node->key) & mask) != bucket) {
            at = &node->next;
            continue;
        }
        *at = node->next;
        node->next = *head;
        *head = node;
    }
    return head;
}

static void *create(void)
{
    struct table *table = must(malloc(sizeof *table));
    *table = (struct table){.buckets = (uint32_t)FIRST,
                            .grow_at = (uint32_t)FIRST * 5 / 2,
                            .mask = (uint32_t)FIRST - 1,
                            .hash = mix,
                            .end = {&table->end, UINT64_MAX, 0},
                            .heads = resize(NULL, FIRST * sizeof(struct node *), 0)};
    return table;
}

static struct node **search(struct table *table, uint64_t key)
{
    struct node **at = head_of(table, table->hash(key) & table->mask);
    while (*at != &table->end && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

static void grow(struct table *table)
{
    size_t before = table->buckets * sizeof *table->heads;
    table->heads = resize(table->heads, 2 * before, before);
    table->buckets *= 2;
    table->grow_at *= 2;
    table->mask = table->buckets - 1;
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct table *table = opaque;
    struct node **at = search(table, key);
    if (*at != &table->end) {
        (*at)->value = value;
        return;
    }
    struct node *node = must(malloc(sizeof *node));
    *node = (struct node){&table->end, key, value};
    *at = node;
    if (++table->nodes >= table->grow_at)
        grow(table);
}

static bool find(void *opaque, uint64_t key, uint64_t *value)
{
    struct table *table = opaque;
    struct node *node = *search(table, key);
    *value = node != &table->end ? node->value : *value;
    return node != &table->end;
}

static bool erase(void *opaque, uint64_t key)
{
    struct table *table = opaque;
    struct node **at = search(table, key), *node = *at;
    if (node == &table->end)
        return false;
    *at = node->next;
    free(node);
    table->nodes--;
    return true;
}

static void destroy(void *opaque)
{
    struct table *table = opaque;
    for (uint32_t i = 0; i < table->buckets; i++)
        for (struct node *node = table->heads[i], *next; node != NULL && node != &table->end;
             node = next) {
            next = node->next;
            free(node);
        }
    free((struct front *)table->heads - 1);
    free(table);
}

static struct shape shape(const void *opaque)
{
    const struct table *table = opaque;
    return (struct shape){.address = (const struct front *)(const void *)table->heads - 1,
                          .capacity = table->buckets,
                          .live = table->nodes};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 600000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
