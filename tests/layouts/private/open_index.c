/*
 * Open addressing over numbers of entries, which lie in two vectors that double. The last entry
 * takes the place of an erased one; the probe sequence is closed by moving numbers back.
 */
#include "scenario.h"

#define FREE UINT32_MAX

typedef struct {
    uint64_t first;
    uint64_t second;
} pair_t;

typedef struct {
    uint32_t *numbers;
    unsigned bits;
    pair_t *pairs;
    uint32_t *hashes;
    size_t used, pairs_room, hashes_room;
} ordered_t;

static uint32_t mix(uint64_t key)
{
    key = (key << 21) - key - 1;
    key ^= key >> 24;
    key *= 265;
    key ^= key >> 14;
    key *= 21;
    return (uint32_t)(key ^ (key >> 28));
}

static size_t mask(const ordered_t *o)
{
    return ((size_t)1 << o->bits) - 1;
}

static size_t seek(const ordered_t *o, uint64_t key)
{
    size_t at = mix(key) & mask(o);
    while (o->numbers[at] != FREE && o->pairs[o->numbers[at]].first != key)
        at = (at + 1) & mask(o);
    return at;
}

static void index_all(ordered_t *o)
{
    o->numbers = must(malloc((mask(o) + 1) * sizeof(*o->numbers)));
    for (size_t i = 0; i <= mask(o); i++)
        o->numbers[i] = FREE;
    for (size_t i = 0; i < o->used; i++) {
        size_t at = o->hashes[i] & mask(o);
        while (o->numbers[at] != FREE)
            at = (at + 1) & mask(o);
        o->numbers[at] = (uint32_t)i;
    }
}

static void *create(void)
{
    ordered_t *o = must(calloc(1, sizeof(*o)));
    o->bits = 5;
    index_all(o);
    return o;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    ordered_t *o = table;
    size_t at = seek(o, key);
    if (o->numbers[at] != FREE) {
        o->pairs[o->numbers[at]].second = value;
        return;
    }
    if (o->used * 4 >= (mask(o) + 1) * 3) {
        uint32_t *old = o->numbers;
        o->bits++;
        index_all(o);
        free(old);
        at = seek(o, key);
    }
    if (o->used == o->pairs_room) {
        o->pairs_room = o->pairs_room ? o->pairs_room * 2 : 8;
        o->pairs = must(realloc(o->pairs, o->pairs_room * sizeof(*o->pairs)));
    }
    if (o->used == o->hashes_room) {
        o->hashes_room = o->hashes_room ? o->hashes_room * 2 : 12;
        o->hashes = must(realloc(o->hashes, o->hashes_room * sizeof(*o->hashes)));
    }
    o->pairs[o->used] = (pair_t){key, value};
    o->hashes[o->used] = mix(key);
    o->numbers[at] = (uint32_t)o->used++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    ordered_t *o = table;
    uint32_t number = o->numbers[seek(o, key)];
    if (number != FREE)
        *value = o->pairs[number].second;
    return number != FREE;
}

static bool erase(void *table, uint64_t key)
{
    ordered_t *o = table;
    size_t hole = seek(o, key), last = o->used - 1;
    uint32_t number = o->numbers[hole];
    if (number == FREE)
        return false;
    if (number != last) {
        o->numbers[seek(o, o->pairs[last].first)] = number;
        o->pairs[number] = o->pairs[last];
        o->hashes[number] = o->hashes[last];
    }
    o->used--;
    for (size_t at = hole;;) {
        o->numbers[hole] = FREE;
        do {
            at = (at + 1) & mask(o);
            if (o->numbers[at] == FREE)
                return true;
        } while (((at - o->hashes[o->numbers[at]]) & mask(o)) < ((at - hole) & mask(o)));
        o->numbers[hole] = o->numbers[at];
        hole = at;
    }
}

static void destroy(void *table)
{
    ordered_t *o = table;
    free(o->numbers);
    free(o->pairs);
    free(o->hashes);
    free(o);
}

static struct shape shape(const void *table)
{
    const ordered_t *o = table;
    return (struct shape){.address = o->numbers,
                          .others = {o->pairs, o->hashes},
                          .capacity = mask(o) + 1,
                          .live = o->used};
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
