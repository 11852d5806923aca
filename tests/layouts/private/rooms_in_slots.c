/*
 * Buckets that are vectors as Rust's are: a room, a pointer that is no address but an alignment
 * where there is nothing behind it, and a length. Those that were emptied keep their room.
 */
#include "scenario.h"

struct pair {
    uint64_t key, value;
};

struct vec {
    size_t room;
    struct pair *pairs;
    size_t length;
};

struct map {
    size_t factor; /* thousandths of the buckets, at which there are made more */
    struct vec *buckets;
    size_t bucket_number, mask, count;
};

static struct vec *bucket_of(struct vec *buckets, size_t mask, uint64_t key)
{
    return &buckets[(key * 11400714819323198549ull >> 7) & mask];
}

static void push(struct vec *vec, struct pair pair)
{
    if (vec->length == vec->room) {
        vec->room = vec->room == 0 ? 4 : vec->room * 2;
        vec->pairs = must(realloc(vec->length == 0 ? NULL : vec->pairs, vec->room * sizeof(pair)));
    }
    vec->pairs[vec->length++] = pair;
}

static struct vec *make_buckets(size_t number)
{
    struct vec *buckets = must(malloc(number * sizeof(*buckets)));
    for (size_t i = 0; i < number; i++)
        buckets[i] = (struct vec){.pairs = (struct pair *)_Alignof(struct pair)};
    return buckets;
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof(*map)));
    map->factor = 909;
    map->bucket_number = 2;
    map->mask = 1;
    map->buckets = make_buckets(2);
    return map;
}

static void free_buckets(struct vec *buckets, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (buckets[i].room != 0)
            free(buckets[i].pairs);
    free(buckets);
}

static void grow(struct map *map)
{
    struct vec *old = map->buckets;
    size_t old_number = map->bucket_number;
    map->bucket_number *= 2;
    map->mask = map->bucket_number - 1;
    map->buckets = make_buckets(map->bucket_number);
    for (size_t i = 0; i < old_number; i++)
        for (size_t j = 0; j < old[i].length; j++)
            push(bucket_of(map->buckets, map->mask, old[i].pairs[j].key), old[i].pairs[j]);
    free_buckets(old, old_number);
}

static struct pair *seek(const struct map *map, uint64_t key, struct vec **bucket)
{
    *bucket = bucket_of(map->buckets, map->mask, key);
    for (size_t i = 0; i < (*bucket)->length; i++)
        if ((*bucket)->pairs[i].key == key)
            return &(*bucket)->pairs[i];
    return NULL;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    struct vec *bucket;
    if (map->count * 1000 > map->bucket_number * map->factor)
        grow(map);
    struct pair *pair = seek(map, key, &bucket);
    if (pair != NULL) {
        pair->value = value;
        return;
    }
    push(bucket, (struct pair){.key = key, .value = value});
    map->count++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct vec *bucket;
    const struct pair *pair = seek(table, key, &bucket);
    if (pair != NULL)
        *value = pair->value;
    return pair != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    struct vec *bucket;
    struct pair *pair = seek(map, key, &bucket);
    if (pair == NULL)
        return false;
    *pair = bucket->pairs[--bucket->length];
    map->count--;
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    free_buckets(map->buckets, map->bucket_number);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){
        .address = map->buckets, .capacity = map->bucket_number, .live = map->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 80000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
