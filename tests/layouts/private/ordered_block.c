/* An ordered map in one block of words: three counts, the heads of the buckets, and behind them
 * entries of key, value and link in order of insertion, two for each bucket. What is erased becomes
 * a hole that stays in its chain until the next rehash; a block full of holes is made anew in its
 * own size. */
#include "scenario.h"

#define NOTHING INT64_C(-1)
#define HOLE    INT64_MIN

enum { USED, HOLES, BUCKETS, HEADS };
enum { KEY, VALUE, LINK, ENTRY_WORDS };

struct map {
    int64_t *block;
};

static int64_t *entry_at(int64_t *block, int64_t number)
{
    return block + HEADS + block[BUCKETS] + number * ENTRY_WORDS;
}

static int64_t *head_of(int64_t *block, int64_t key)
{
    uint64_t hash = (uint64_t)key * UINT64_C(0xc6a4a7935bd1e995);
    hash ^= hash >> 47;
    return block + HEADS + (int64_t)((hash * UINT64_C(0xc6a4a7935bd1e995)) >> 20) % block[BUCKETS];
}

static int64_t *new_block(int64_t buckets)
{
    size_t words = (size_t)(HEADS + buckets + 2 * buckets * ENTRY_WORDS);
    int64_t *block = must(malloc(words * sizeof *block));
    for (size_t i = 0; i < words; i++)
        block[i] = NOTHING;
    block[USED] = block[HOLES] = 0;
    block[BUCKETS] = buckets;
    return block;
}

static void append(int64_t *block, int64_t key, int64_t value)
{
    int64_t number = block[USED] + block[HOLES], *head = head_of(block, key);
    int64_t *entry = entry_at(block, number);
    entry[KEY] = key;
    entry[VALUE] = value;
    entry[LINK] = *head;
    *head = number;
    block[USED]++;
}

static void rehash(struct map *map, int64_t buckets)
{
    int64_t *old = map->block, all = old[USED] + old[HOLES];
    map->block = new_block(buckets);
    for (int64_t number = 0; number < all; number++) {
        const int64_t *entry = entry_at(old, number);
        if (entry[KEY] != HOLE)
            append(map->block, entry[KEY], entry[VALUE]);
    }
    free(old);
}

static void *create(void)
{
    struct map *map = must(malloc(sizeof *map));
    map->block = new_block(4);
    return map;
}

static int64_t *look_up(int64_t *block, uint64_t key)
{
    for (int64_t number = *head_of(block, (int64_t)key); number != NOTHING;) {
        int64_t *entry = entry_at(block, number);
        if (entry[KEY] == (int64_t)key)
            return entry;
        number = entry[LINK];
    }
    return NULL;
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    struct map *map = memory;
    const int64_t *entry = look_up(map->block, key);
    if (entry)
        *value = (uint64_t)entry[VALUE];
    return entry != NULL;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct map *map = memory;
    int64_t *block = map->block, *entry = look_up(block, key);
    if (entry) {
        entry[VALUE] = (int64_t)value;
        return;
    }
    if (block[USED] + block[HOLES] == 2 * block[BUCKETS])
        rehash(map, block[HOLES] > block[USED] ? block[BUCKETS] : 2 * block[BUCKETS]);
    append(map->block, (int64_t)key, (int64_t)value);
}

static bool erase(void *memory, uint64_t key)
{
    struct map *map = memory;
    int64_t *entry = look_up(map->block, key);
    if (!entry)
        return false;
    entry[KEY] = entry[VALUE] = HOLE;
    map->block[USED]--;
    map->block[HOLES]++;
    return true;
}

static void destroy(void *memory)
{
    struct map *map = memory;
    free(map->block);
    free(map);
}

static struct shape shape(const void *memory)
{
    const struct map *map = memory;
    return (struct shape){.address = map->block,
                          .capacity = (uint64_t)map->block[BUCKETS],
                          .live = (uint64_t)map->block[USED],
                          .tombstones = (uint64_t)map->block[HOLES]};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
