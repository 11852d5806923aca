/* Chains by a hash of the key's digits that spreads them badly: far fewer buckets are occupied than
 * by a good one, and the chains are longer. No word names the number of buckets. */
#include "scenario.h"

#include <stdio.h>

typedef struct Node {
    struct Node *link;
    uint64_t key;
    uint64_t value;
} Node;

typedef struct {
    unsigned prime;
    uint64_t count;
    Node **buckets;
} Table;

static const uint64_t primes[] = {53,    97,    193,   389,   769,    1543,   3079,  6151,
                                  12289, 24593, 49157, 98317, 196613, 393241, 786433};

static uint64_t hash_key(uint64_t key)
{
    char text[40];
    uint64_t hash = 5381;
    snprintf(text, sizeof(text), "user%llu!host", (unsigned long long)(key * 17));
    for (const char *at = text; *at != '\0'; at++)
        hash = hash * 33 + (unsigned char)*at;
    return hash;
}

static Node **bucket_of(const Table *t, uint64_t key)
{
    return &t->buckets[hash_key(key) % primes[t->prime]];
}

static void *table_create(void)
{
    Table *t = must(calloc(1, sizeof *t));
    t->buckets = must(calloc(primes[0], sizeof(Node *)));
    return t;
}

static void grow(Table *t)
{
    uint64_t count = primes[t->prime++];
    Node **old = t->buckets, **buckets = must(calloc(primes[t->prime], sizeof(Node *)));
    t->buckets = buckets;
    for (uint64_t i = 0; i < count; i++) {
        Node *next;
        for (Node *node = old[i]; node != NULL; node = next) {
            next = node->link;
            Node **bucket = bucket_of(t, node->key);
            node->link = *bucket;
            *bucket = node;
        }
    }
    free(old);
}

static void table_insert(void *table, uint64_t key, uint64_t value)
{
    Table *t = table;
    if (t->count > primes[t->prime])
        grow(t);
    Node **bucket = bucket_of(t, key), *node = must(malloc(sizeof *node));
    *node = (Node){.link = *bucket, .key = key, .value = value};
    *bucket = node;
    t->count++;
}

static Node **find_node(const Table *t, uint64_t key)
{
    Node **at = bucket_of(t, key);
    while (*at != NULL && (*at)->key != key)
        at = &(*at)->link;
    return at;
}

static bool table_find(void *table, uint64_t key, uint64_t *value)
{
    Node *node = *find_node(table, key);
    if (node == NULL)
        return false;
    *value = node->value;
    return true;
}

static bool table_erase(void *table, uint64_t key)
{
    Table *t = table;
    Node **at = find_node(t, key), *node = *at;
    if (node == NULL)
        return false;
    *at = node->link;
    free(node);
    t->count--;
    return true;
}

static void table_destroy(void *table)
{
    Table *t = table;
    free(t->buckets);
    free(t);
}

static struct shape table_shape(const void *table)
{
    const Table *t = table;
    return (struct shape){.address = t->buckets, .capacity = primes[t->prime], .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 500000,
                                              .create = table_create,
                                              .insert = table_insert,
                                              .find = table_find,
                                              .erase = table_erase,
                                              .destroy = table_destroy,
                                              .shape = table_shape};
    return run_scenario(argc, argv, &kind);
}
