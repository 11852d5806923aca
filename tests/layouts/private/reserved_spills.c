/*
 * Buckets of seven entries, made once for all that will come, with a word that tells which are in
 * use and a bucket behind for those that had no room. Erasing leaves all of an entry as it was.
 */
#include "scenario.h"

#define BUCKETS 16384u
#define PLACES  7u

struct bucket {
    uint32_t used;
    struct {
        uint64_t key, value;
    } entries[PLACES];
    struct bucket *overflow;
};

struct map {
    struct bucket *buckets;
    size_t mask, count;
};

static size_t home(uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return (size_t)(key ^ key >> 33);
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof *map));
    map->buckets = must(calloc(BUCKETS, sizeof *map->buckets));
    map->mask = BUCKETS - 1;
    return map;
}

static struct bucket *look_up(const struct map *map, uint64_t key, unsigned *place)
{
    struct bucket *bucket = &map->buckets[home(key) & map->mask];
    for (; bucket; bucket = bucket->overflow)
        for (*place = 0; *place < PLACES; ++*place)
            if (bucket->used >> *place & 1 && bucket->entries[*place].key == key)
                return bucket;
    return NULL;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    unsigned place;
    struct bucket *bucket = look_up(map, key, &place);
    if (!bucket) {
        bucket = &map->buckets[home(key) & map->mask];
        while (bucket->used == (1u << PLACES) - 1) {
            if (!bucket->overflow)
                bucket->overflow = must(calloc(1, sizeof *bucket));
            bucket = bucket->overflow;
        }
        place = (unsigned)__builtin_ctz(~bucket->used);
        bucket->used |= 1u << place;
        bucket->entries[place].key = key;
        map->count++;
    }
    bucket->entries[place].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    unsigned place;
    struct bucket *bucket = look_up(table, key, &place);
    if (bucket)
        *value = bucket->entries[place].value;
    return bucket != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    unsigned place;
    struct bucket *bucket = look_up(map, key, &place);
    if (!bucket)
        return false;
    bucket->used &= ~(1u << place);
    map->count--;
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    for (size_t i = 0; i <= map->mask; i++)
        for (struct bucket *next, *bucket = map->buckets[i].overflow; bucket; bucket = next) {
            next = bucket->overflow;
            free(bucket);
        }
    free(map->buckets);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){
        .address = map->buckets, .capacity = (map->mask + 1) * PLACES, .live = map->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 45000,
                                              .never_grows = true,
                                              .erase_leaves_bytes = true,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
