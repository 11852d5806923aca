/* Chains in memory of the program's own allocator, which keeps each block's size in the four bytes
 * before it: heads and entries all lie between two words. Three entries a bucket make it grow; what
 * counts them is far from it. */
#include "scenario.h"

#include <string.h>

#define BETWEEN_WORDS __attribute__((packed, aligned(4)))

struct BETWEEN_WORDS record {
    const char *name;
    uint32_t hash;
    uint64_t key;
    uint64_t value;
    struct record *newer, *older; /* in the order in which they were made */
    struct record *behind;        /* in the bucket */
};

struct BETWEEN_WORDS bucket {
    struct record *first;
};

struct catalogue {
    struct bucket *buckets;
    uint32_t room;
    struct record *newest;
};

static uint64_t records; /* of the only catalogue there is */

static void *take(size_t bytes)
{
    uint32_t *block = must(malloc(sizeof(uint32_t) + bytes));
    *block = (uint32_t)bytes;
    memset(block + 1, 0, bytes);
    return block + 1;
}

static void give(void *memory)
{
    free((uint32_t *)memory - 1);
}

static uint32_t hash_of(uint64_t key)
{
    key *= 0xd6e8feb86659fd93u;
    key ^= key >> 32;
    key *= 0xd6e8feb86659fd93u;
    return (uint32_t)(key >> 29);
}

static void *create(void)
{
    struct catalogue *t = must(calloc(1, sizeof *t));
    t->room = 64;
    t->buckets = take(t->room * sizeof *t->buckets);
    return t;
}

static void put(struct bucket *buckets, uint32_t room, struct record *record)
{
    struct bucket *bucket = &buckets[record->hash & (room - 1)];
    record->behind = bucket->first;
    bucket->first = record;
}

static void widen(struct catalogue *t)
{
    uint32_t room = t->room * 2;
    struct bucket *buckets = take(room * sizeof *buckets);
    for (struct record *record = t->newest; record; record = record->older)
        put(buckets, room, record);
    give(t->buckets);
    t->buckets = buckets;
    t->room = room;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct catalogue *t = table;
    if (records >= 3 * (uint64_t)t->room)
        widen(t);
    struct record *record = take(sizeof *record);
    record->name = "record";
    record->hash = hash_of(key);
    record->key = key;
    record->value = value;
    record->older = t->newest;
    if (t->newest)
        t->newest->newer = record;
    t->newest = record;
    put(t->buckets, t->room, record);
    records++;
}

static struct record *look_up(const struct catalogue *t, uint64_t key)
{
    struct record *record = t->buckets[hash_of(key) & (t->room - 1)].first;
    while (record && record->key != key)
        record = record->behind;
    return record;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct record *record = look_up(table, key);
    if (record)
        *value = record->value;
    return record != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct catalogue *t = table;
    struct record *record = look_up(t, key);
    if (!record)
        return false;
    struct bucket *bucket = &t->buckets[record->hash & (t->room - 1)];
    if (bucket->first == record) {
        bucket->first = record->behind;
    } else {
        struct record *before = bucket->first;
        while (before->behind != record)
            before = before->behind;
        before->behind = record->behind;
    }
    if (record->newer)
        record->newer->older = record->older;
    else
        t->newest = record->older;
    if (record->older)
        record->older->newer = record->newer;
    give(record);
    records--;
    return true;
}

static void destroy(void *table)
{
    struct catalogue *t = table;
    for (struct record *record = t->newest, *older; record; record = older) {
        older = record->older;
        give(record);
    }
    give(t->buckets);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct catalogue *t = table;
    return (struct shape){.address = t->buckets, .capacity = t->room, .live = records};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 500000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
