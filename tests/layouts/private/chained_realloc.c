/*
 * The bucket array grows by realloc; afterwards each chain is split in place between bucket i and
 * bucket i + old size.
 */
#include <string.h>

#include "scenario.h"

struct item {
    uint64_t key;
    struct item *next;
    uint64_t value;
};

struct store {
    struct item **chains;
    size_t chains_count;
    size_t items;
};

static uint64_t scramble(uint64_t key)
{
    /* FNV-1a over the key's bytes. */
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (key >> (8 * i) & 0xff)) * 0x100000001b3u;
    return hash ^ (hash >> 32);
}

static void split_chains(struct store *s)
{
    size_t old = s->chains_count;
    s->chains = must(realloc(s->chains, 2 * old * sizeof *s->chains));
    memset(s->chains + old, 0, old * sizeof *s->chains);
    s->chains_count = 2 * old;
    for (size_t i = 0; i < old; i++) {
        struct item **link = &s->chains[i];
        while (*link != NULL) {
            struct item *item = *link;
            if (scramble(item->key) & old) {
                *link = item->next;
                item->next = s->chains[i + old];
                s->chains[i + old] = item;
            } else {
                link = &item->next;
            }
        }
    }
}

static struct item **search(struct store *s, uint64_t key)
{
    struct item **link = &s->chains[scramble(key) % s->chains_count];
    for (; *link != NULL; link = &(*link)->next) {
        if ((*link)->key == key)
            break;
    }
    return link;
}

static void *create(void)
{
    struct store *s = must(malloc(sizeof *s));
    *s = (struct store){.chains = must(calloc(1024, sizeof(struct item *))), .chains_count = 1024};
    return s;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct store *s = table;
    struct item **link = search(s, key);
    if (*link != NULL) {
        (*link)->value = value;
        return;
    }
    struct item *item = must(malloc(sizeof *item));
    *item = (struct item){key, NULL, value};
    *link = item;
    if (++s->items > s->chains_count * 3 / 4)
        split_chains(s);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct item *item = *search(table, key);
    if (item == NULL)
        return false;
    *value = item->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct store *s = table;
    struct item **link = search(s, key), *item = *link;
    if (item == NULL)
        return false;
    *link = item->next;
    free(item);
    s->items--;
    return true;
}

static void destroy(void *table)
{
    struct store *s = table;
    for (size_t i = 0; i < s->chains_count; i++) {
        while (s->chains[i] != NULL) {
            struct item *item = s->chains[i];
            s->chains[i] = item->next;
            free(item);
        }
    }
    free(s->chains);
    free(s);
}

static struct shape shape(const void *table)
{
    const struct store *s = table;
    return (struct shape){.address = s->chains, .capacity = s->chains_count, .live = s->items};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 350000,
                                              .destroy_empties = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
