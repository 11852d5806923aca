/* Chains, moved from the old buckets to the new ones a few with each insertion; each half counts
 * its own entries. Looked at while it moves. */
#include "scenario.h"

typedef struct Node {
    uint64_t key;
    struct Node *next;
    uint64_t value;
} Node;

typedef struct {
    uint32_t used, size;
    Node **buckets;
} Half;

typedef struct {
    uint32_t cursor;
    Half old, now;
} Table;

static uint64_t hash_key(uint64_t key)
{
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return key ^ key >> 31;
}

static Half half_of(uint32_t size)
{
    return (Half){.size = size, .buckets = must(calloc(size, sizeof(Node *)))};
}

static Node **bucket_of(const Half *half, uint64_t key)
{
    return &half->buckets[hash_key(key) & (half->size - 1)];
}

static void push(Half *half, Node *node)
{
    Node **bucket = bucket_of(half, node->key);
    node->next = *bucket;
    *bucket = node;
    half->used++;
}

static void step(Table *t)
{
    for (unsigned i = 0; i < 2 && t->old.buckets != NULL; i++) {
        Node *next;
        for (Node *node = t->old.buckets[t->cursor]; node != NULL; node = next) {
            next = node->next;
            t->old.used--;
            push(&t->now, node);
        }
        t->old.buckets[t->cursor] = NULL;
        if (++t->cursor == t->old.size) {
            free(t->old.buckets);
            t->old = (Half){0};
        }
    }
}

static void *table_create(void)
{
    Table *t = must(calloc(1, sizeof *t));
    t->now = half_of(16);
    return t;
}

static void table_insert(void *table, uint64_t key, uint64_t value)
{
    Table *t = table;
    step(t);
    if (t->old.buckets == NULL && t->now.used >= t->now.size) {
        t->old = t->now;
        t->now = half_of(2 * t->old.size);
        t->cursor = 0;
    }
    Node *node = must(malloc(sizeof *node));
    *node = (Node){.key = key, .value = value};
    push(&t->now, node);
}

static Node **find_node(const Half *half, uint64_t key)
{
    if (half->buckets == NULL)
        return NULL;
    for (Node **at = bucket_of(half, key); *at != NULL; at = &(*at)->next)
        if ((*at)->key == key)
            return at;
    return NULL;
}

static bool table_find(void *table, uint64_t key, uint64_t *value)
{
    Table *t = table;
    Node **at = find_node(&t->old, key);
    if (at == NULL)
        at = find_node(&t->now, key);
    if (at == NULL)
        return false;
    *value = (*at)->value;
    return true;
}

static bool erase_from(Half *half, uint64_t key)
{
    Node **at = find_node(half, key);
    if (at == NULL)
        return false;
    Node *node = *at;
    *at = node->next;
    free(node);
    half->used--;
    return true;
}

static bool table_erase(void *table, uint64_t key)
{
    Table *t = table;
    return erase_from(&t->old, key) || erase_from(&t->now, key);
}

static void table_destroy(void *table)
{
    Table *t = table;
    free(t->old.buckets);
    free(t->now.buckets);
    free(t);
}

static struct shape table_shape(const void *table)
{
    const Table *t = table;
    return (struct shape){.address = t->now.buckets,
                          .others = {t->old.buckets},
                          .capacity = t->old.size + t->now.size,
                          .live = t->old.used + t->now.used};
}

int main(int argc, char **argv)
{
    /* 2^18 entries made it grow; 100,000 moved 200,000 of the old buckets. */
    static const struct private_table kind = {.entries = (1u << 18) + 100000,
                                              .create = table_create,
                                              .insert = table_insert,
                                              .find = table_find,
                                              .erase = table_erase,
                                              .destroy = table_destroy,
                                              .shape = table_shape};
    return run_scenario(argc, argv, &kind);
}
