/*
 * Properties in order of insertion, all in one block: values, keys, hashes, and behind them an
 * index of their numbers, with marks for erased ones. A full block gets room for an eighth more, or
 * sheds its holes, so that at most growths the index keeps its size and nothing is scattered.
 */
#include "scenario.h"

#include <string.h>

#define UNUSED UINT32_MAX
#define ERASED (UINT32_MAX - 1)
#define NOBODY UINT64_C(0)

struct properties {
    uint32_t kind, references;
    unsigned char *block;
    uint32_t room, used, live, slots;
};

static uint64_t *values(const struct properties *p)
{
    return (uint64_t *)(void *)p->block;
}

static uint64_t *names(const struct properties *p)
{
    return values(p) + p->room;
}

static uint32_t *hashes(const struct properties *p)
{
    return (uint32_t *)(void *)(names(p) + p->room);
}

static size_t index_at(const struct properties *p)
{
    return ((size_t)p->room * 20 + 7) / 8 * 8;
}

static uint32_t *numbers(const struct properties *p)
{
    return (uint32_t *)(void *)(p->block + index_at(p));
}

static uint32_t hash_of(uint64_t key)
{
    uint32_t hash = 5381;
    for (int bit = 0; bit < 64; bit += 8)
        hash = (hash ^ (uint32_t)(key >> bit & 0xff)) * 0x1000193u;
    hash ^= hash >> 15;
    hash *= 0x2545f491u;
    return hash ^ hash >> 13;
}

static void enter(struct properties *p, uint32_t number)
{
    uint32_t slot = hashes(p)[number] & (p->slots - 1);
    while (numbers(p)[slot] < ERASED)
        slot = (slot + 1) & (p->slots - 1);
    numbers(p)[slot] = number;
}

static void append(struct properties *p, uint64_t key, uint32_t hash, uint64_t value)
{
    names(p)[p->used] = key;
    hashes(p)[p->used] = hash;
    values(p)[p->used] = value;
    enter(p, p->used++);
}

static void move_to(struct properties *p, uint32_t room)
{
    struct properties old = *p;
    p->room = room;
    p->used = 0;
    for (p->slots = 16; p->slots < room + room / 4;)
        p->slots *= 2;
    p->block = must(malloc(index_at(p) + p->slots * sizeof(uint32_t)));
    memset(p->block, 0, index_at(p));
    memset(numbers(p), 0xff, p->slots * sizeof(uint32_t));
    for (uint32_t i = 0; i < old.used; i++)
        if (names(&old)[i] != NOBODY)
            append(p, names(&old)[i], hashes(&old)[i], values(&old)[i]);
    free(old.block);
}

static void *create(void)
{
    struct properties *p = must(calloc(1, sizeof *p));
    move_to(p, 12);
    return p;
}

/* The slot of the key, or that of nothing. */
static uint32_t seek(const struct properties *p, uint64_t key)
{
    uint32_t slot = hash_of(key) & (p->slots - 1);
    while (numbers(p)[slot] != UNUSED &&
           (numbers(p)[slot] == ERASED || names(p)[numbers(p)[slot]] != key))
        slot = (slot + 1) & (p->slots - 1);
    return slot;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct properties *p = table;
    uint32_t number = numbers(p)[seek(p, key)];
    if (number != UNUSED)
        *value = values(p)[number];
    return number != UNUSED;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct properties *p = table;
    uint32_t number = numbers(p)[seek(p, key)];
    if (number != UNUSED) {
        values(p)[number] = value;
        return;
    }
    if (p->used == p->room)
        move_to(p, p->live + p->live / 8 + 10);
    append(p, key, hash_of(key), value);
    p->live++;
}

static bool erase(void *table, uint64_t key)
{
    struct properties *p = table;
    uint32_t slot = seek(p, key), number = numbers(p)[slot];
    if (number == UNUSED)
        return false;
    numbers(p)[slot] = ERASED;
    names(p)[number] = NOBODY;
    values(p)[number] = hashes(p)[number] = 0;
    p->live--;
    return true;
}

static void destroy(void *table)
{
    struct properties *p = table;
    free(p->block);
    free(p);
}

static struct shape shape(const void *table)
{
    const struct properties *p = table;
    uint64_t marks = 0;
    for (uint32_t i = 0; i < p->slots; i++)
        marks += numbers(p)[i] == ERASED;
    return (struct shape){
        .address = p->block, .capacity = p->room, .live = p->live, .tombstones = marks};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 90000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
