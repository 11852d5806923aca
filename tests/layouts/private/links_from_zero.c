/*
 * Heads that number entries from 1, so that memory of zeros is an empty table, and links that
 * number them from 0 and end with -1. The free entries are linked through the same field, by
 * negative numbers. Both arrays begin with words of a collector, and there are a prime number of
 * each.
 */
#include "scenario.h"

#define ROOM      156437
#define LAST      (-1)
#define FREE_LINK (-3) /* less the number of the next free entry */

struct item {
    int32_t hash, next;
    uint64_t key, value;
    double weight;
};

struct heads {
    const void *type;
    int64_t length;
    int32_t at[];
};

struct items {
    const void *type;
    int64_t length;
    struct item at[];
};

struct dictionary {
    struct heads *heads;
    struct items *items;
    int32_t used, first_free, free_count, version;
};

static int32_t hash_of(uint64_t key)
{
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93ull;
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93ull;
    return (int32_t)(key ^ key >> 32);
}

static int32_t *head_of(const struct dictionary *dictionary, int32_t hash)
{
    return &dictionary->heads->at[(uint32_t)hash % (uint32_t)dictionary->heads->length];
}

static void *create(void)
{
    static const char types[2];
    struct dictionary *dictionary = must(calloc(1, sizeof(*dictionary)));
    dictionary->heads = must(calloc(1, sizeof(struct heads) + ROOM * sizeof(int32_t)));
    dictionary->items = must(calloc(1, sizeof(struct items) + ROOM * sizeof(struct item)));
    dictionary->heads->type = &types[0];
    dictionary->items->type = &types[1];
    dictionary->heads->length = dictionary->items->length = ROOM;
    dictionary->first_free = LAST;
    return dictionary;
}

static int32_t seek(const struct dictionary *dictionary, uint64_t key, int32_t *before)
{
    const struct item *items = dictionary->items->at;
    int32_t at = *head_of(dictionary, hash_of(key)) - 1;
    *before = LAST;
    while (at != LAST && items[at].key != key) {
        *before = at;
        at = items[at].next;
    }
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct dictionary *dictionary = table;
    struct item *items = dictionary->items->at;
    int32_t before, at = seek(dictionary, key, &before), *head = head_of(dictionary, hash_of(key));
    if (at != LAST) {
        items[at].value = value;
        return;
    }
    if (dictionary->free_count > 0) {
        at = dictionary->first_free;
        dictionary->first_free = FREE_LINK - items[at].next;
        dictionary->free_count--;
    } else if (dictionary->used < ROOM) {
        at = dictionary->used++;
    } else {
        abort();
    }
    items[at] = (struct item){.hash = hash_of(key),
                              .next = *head - 1,
                              .key = key,
                              .value = value,
                              .weight = (double)value / 4};
    *head = at + 1;
    dictionary->version++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct dictionary *dictionary = table;
    int32_t before, at = seek(dictionary, key, &before);
    if (at == LAST)
        return false;
    *value = dictionary->items->at[at].value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct dictionary *dictionary = table;
    struct item *items = dictionary->items->at;
    int32_t before, at = seek(dictionary, key, &before);
    if (at == LAST)
        return false;
    if (before == LAST)
        *head_of(dictionary, items[at].hash) = items[at].next + 1;
    else
        items[before].next = items[at].next;
    items[at].next = FREE_LINK - dictionary->first_free;
    dictionary->first_free = at;
    dictionary->free_count++;
    return true;
}

static void destroy(void *table)
{
    struct dictionary *dictionary = table;
    free(dictionary->heads);
    free(dictionary->items);
    free(dictionary);
}

static struct shape shape(const void *table)
{
    const struct dictionary *dictionary = table;
    return (struct shape){.address = dictionary->heads,
                          .others = {dictionary->items},
                          .capacity = ROOM,
                          .live = (uint64_t)(dictionary->used - dictionary->free_count)};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .never_grows = true,
                                              .keeps_erased = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
