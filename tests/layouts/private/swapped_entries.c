/*
 * A dense vector of entries, the last of which takes the place of an erased one, and heads that
 * hold the entry's number plus one, enlarged by realloc and filled anew.
 */
#include <string.h>

#include "scenario.h"

struct entry {
    uint64_t key;
    uint32_t hash, next;
    uint64_t value;
};

struct dense {
    uint32_t size, room, mask;
    uint32_t *head;
    struct entry *entry;
};

static uint32_t hash_of(uint64_t key)
{
    uint32_t h = 0x9747b28c;
    for (int i = 0; i < 8; i++, key >>= 8)
        h = (h ^ (key & 0xff)) * 0x5bd1e995 + (h >> 15);
    return h ^ (h >> 16);
}

static void link_all(struct dense *d)
{
    memset(d->head, 0, ((size_t)d->mask + 1) * sizeof(*d->head));
    for (uint32_t i = 0; i < d->size; i++) {
        uint32_t *head = &d->head[d->entry[i].hash & d->mask];
        d->entry[i].next = *head;
        *head = i + 1;
    }
}

static uint32_t *place_of(struct dense *d, uint32_t hash, uint32_t number)
{
    uint32_t *at = &d->head[hash & d->mask];
    while (*at != number)
        at = &d->entry[*at - 1].next;
    return at;
}

static struct entry *lookup(struct dense *d, uint64_t key)
{
    uint32_t hash = hash_of(key), n = d->head[hash & d->mask];
    while (n != 0 && (d->entry[n - 1].hash != hash || d->entry[n - 1].key != key))
        n = d->entry[n - 1].next;
    return n != 0 ? &d->entry[n - 1] : NULL;
}

static void *create(void)
{
    struct dense *d = must(calloc(1, sizeof(*d)));
    d->mask = 63;
    d->head = must(calloc(d->mask + 1, sizeof(*d->head)));
    return d;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct dense *d = table;
    struct entry *e = lookup(d, key);
    if (e != NULL) {
        e->value = value;
        return;
    }
    if (d->size == d->room) {
        d->room = d->room ? d->room * 3 / 2 : 24;
        d->entry = must(realloc(d->entry, d->room * sizeof(*d->entry)));
    }
    uint32_t hash = hash_of(key);
    d->entry[d->size] = (struct entry){.key = key, .hash = hash, .value = value};
    d->size++;
    if (d->size > d->mask) {
        d->mask = d->mask * 2 + 1;
        d->head = must(realloc(d->head, ((size_t)d->mask + 1) * sizeof(*d->head)));
        link_all(d);
    } else {
        uint32_t *head = &d->head[hash & d->mask];
        d->entry[d->size - 1].next = *head;
        *head = d->size;
    }
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct entry *e = lookup(table, key);
    if (e != NULL)
        *value = e->value;
    return e != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct dense *d = table;
    struct entry *e = lookup(d, key), *last;
    if (e == NULL)
        return false;
    *place_of(d, e->hash, (uint32_t)(e - d->entry) + 1) = e->next;
    last = &d->entry[d->size - 1];
    if (e != last) {
        *place_of(d, last->hash, d->size) = (uint32_t)(e - d->entry) + 1;
        *e = *last;
    }
    d->size--;
    return true;
}

static void destroy(void *table)
{
    struct dense *d = table;
    free(d->head);
    free(d->entry);
    free(d);
}

static struct shape shape(const void *table)
{
    const struct dense *d = table;
    return (struct shape){.address = d->head,
                          .others = {d->entry, NULL},
                          .capacity = (uint64_t)d->mask + 1,
                          .live = d->size};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
