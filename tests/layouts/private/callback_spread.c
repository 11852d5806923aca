/*
 * A table of nodes for keys of any kind, as a library offers it: the program gives it a hash
 * function by its address, and the table spreads what that returns once more, as nobody knows how
 * good it is. The node keeps no hash; its key is text elsewhere.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define HEADS (UINT32_C(1) << 18)

struct pair {
    const void *key;
    uint64_t value;
    struct pair *next;
};

struct map {
    uint32_t (*hash)(const void *key);
    bool (*is_same)(const void *a, const void *b);
    struct pair **heads;
    size_t count, mask;
};

static APART uint32_t hash_of_name(const void *key)
{
    const unsigned char *name = key;
    uint32_t hash = 0x2f0b4c47;
    for (; *name != '\0'; name++)
        hash = (hash + *name) * 0x1d5 ^ hash >> 21;
    return hash;
}

static bool is_same_name(const void *a, const void *b)
{
    return strcmp(a, b) == 0;
}

static APART struct pair **place(struct map *map, const void *key)
{
    uint32_t hash = map->hash(key);
    hash ^= hash >> 20 ^ hash >> 12;
    hash ^= hash >> 7 ^ hash >> 4;
    struct pair **at = &map->heads[hash & map->mask];
    while (*at != NULL && !map->is_same((*at)->key, key))
        at = &(*at)->next;
    return at;
}

static void name_of(uint64_t key, char name[28])
{
    snprintf(name, 28, "peer/%llx", (unsigned long long)key);
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof(*map)));
    map->hash = hash_of_name;
    map->is_same = is_same_name;
    map->heads = must(calloc(HEADS, sizeof(struct pair *)));
    map->mask = HEADS - 1;
    return map;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    char name[28];
    name_of(key, name);
    struct pair **at = place(map, name);
    if (*at == NULL) {
        *at = must(calloc(1, sizeof(**at)));
        (*at)->key = must(strdup(name));
        map->count++;
    }
    (*at)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[28];
    name_of(key, name);
    struct pair *pair = *place(table, name);
    if (pair != NULL)
        *value = pair->value;
    return pair != NULL;
}

static void free_pair(struct pair *pair)
{
    free((void *)(uintptr_t)pair->key);
    free(pair);
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    char name[28];
    name_of(key, name);
    struct pair **at = place(map, name), *pair = *at;
    if (pair == NULL)
        return false;
    *at = pair->next;
    free_pair(pair);
    map->count--;
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    for (size_t i = 0; i <= map->mask; i++)
        for (struct pair *pair = map->heads[i], *next; pair != NULL; pair = next) {
            next = pair->next;
            free_pair(pair);
        }
    free(map->heads);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){.address = map->heads, .capacity = HEADS, .live = map->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
