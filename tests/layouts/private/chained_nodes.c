/* The textbook: an array of list heads, a node of its own for each entry, doubling at load 1. */
#include "scenario.h"

struct node {
    struct node *next;
    uint64_t key;
    uint64_t value;
};

struct table {
    struct node **buckets;
    unsigned size;
    unsigned count;
};

/* Jenkins' 64-bit mix, folded (Wang's variant). */
static unsigned hash(uint64_t key)
{
    key = ~key + (key << 21);
    key ^= key >> 24;
    key += (key << 3) + (key << 8);
    key ^= key >> 14;
    key += (key << 2) + (key << 4);
    key ^= key >> 28;
    return (unsigned)(key + (key << 31));
}

/* The link that leads to the key, or the one at the end of its chain. */
static struct node **link_to(struct table *t, uint64_t key)
{
    struct node **link = &t->buckets[hash(key) & (t->size - 1)];
    while (*link != NULL && (*link)->key != key)
        link = &(*link)->next;
    return link;
}

static void double_buckets(struct table *t)
{
    struct table twice = {.size = t->size * 2, .count = t->count};
    twice.buckets = must(calloc(twice.size, sizeof(struct node *)));
    for (unsigned i = 0; i < t->size; i++) {
        for (struct node *node = t->buckets[i], *next; node != NULL; node = next) {
            struct node **head = &twice.buckets[hash(node->key) & (twice.size - 1)];
            next = node->next;
            node->next = *head;
            *head = node;
        }
    }
    free(t->buckets);
    *t = twice;
}

static void *create(void)
{
    struct table *t = must(malloc(sizeof *t));
    *t = (struct table){.buckets = must(calloc(256, sizeof(struct node *))), .size = 256};
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct table *t = table;
    struct node **link = link_to(t, key);
    if (*link == NULL) {
        if (t->count == t->size) {
            double_buckets(t);
            link = link_to(t, key);
        }
        *link = must(malloc(sizeof **link));
        (*link)->next = NULL;
        (*link)->key = key;
        t->count++;
    }
    (*link)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct node *node = *link_to(table, key);
    if (node != NULL)
        *value = node->value;
    return node != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct table *t = table;
    struct node **link = link_to(t, key), *node = *link;
    if (node == NULL)
        return false;
    *link = node->next;
    free(node);
    t->count--;
    return true;
}

static void destroy(void *table)
{
    struct table *t = table;
    for (unsigned i = 0; i < t->size; i++) {
        for (struct node *node = t->buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            free(node);
        }
    }
    free(t->buckets);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct table *t = table;
    return (struct shape){.address = t->buckets, .capacity = t->size, .live = t->count};
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
