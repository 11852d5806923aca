/* Buckets that readers go through without a lock: a version that a writer makes odd and then even,
 * the lower halves of six hashes, six pointers to objects, what the writer waits for. An object
 * goes into the first free slot of the emptier one of two buckets. The map of the buckets is made
 * anew with them, and nobody counts. */
#include "scenario.h"

#include <string.h>

#define WAYS 6

struct object {
    uint64_t id;
    uint64_t weight;
};

struct bucket {
    uint32_t version, writer;
    uint32_t hashes[WAYS];
    struct object *objects[WAYS];
    uint64_t waiting[2];
};

struct map {
    size_t mask;
    struct bucket buckets[];
};

struct directory {
    struct map *map;
};

static uint64_t hash_of(uint64_t id)
{
    id = (id ^ id >> 29) * 0xa24baed4963ee407u;
    id = (id ^ id >> 31) * 0x9fb21c651e98df25u;
    return id ^ id >> 28;
}

static struct map *new_map(size_t buckets)
{
    struct map *map = must(calloc(1, sizeof *map + buckets * sizeof map->buckets[0]));
    map->mask = buckets - 1;
    return map;
}

static struct bucket *bucket_of(struct map *map, uint64_t hash, int which)
{
    return &map->buckets[(which ? hash >> 40 : hash) & map->mask];
}

static unsigned used(const struct bucket *bucket)
{
    unsigned ways = 0;
    while (ways < WAYS && bucket->objects[ways] != NULL)
        ways++;
    return ways;
}

static bool put(struct map *map, struct object *object)
{
    uint64_t hash = hash_of(object->id);
    struct bucket *bucket = bucket_of(map, hash, 0), *other = bucket_of(map, hash, 1);
    if (used(other) < used(bucket))
        bucket = other;
    unsigned way = used(bucket);
    if (way == WAYS)
        return false;
    bucket->version += 2;
    bucket->hashes[way] = (uint32_t)hash;
    bucket->objects[way] = object;
    return true;
}

static void enlarge(struct directory *d)
{
    struct map *larger = new_map(2 * (d->map->mask + 1));
    for (size_t i = 0; i <= d->map->mask; i++)
        for (unsigned way = 0; way < used(&d->map->buckets[i]); way++)
            if (!put(larger, d->map->buckets[i].objects[way]))
                abort(); /* the half of what filled six never fills as many */
    free(d->map);
    d->map = larger;
}

static struct bucket *locate(const struct directory *d, uint64_t id, unsigned *way)
{
    uint64_t hash = hash_of(id);
    for (int which = 0; which < 2; which++) {
        struct bucket *bucket = bucket_of(d->map, hash, which);
        for (*way = 0; *way < used(bucket); (*way)++)
            if (bucket->hashes[*way] == (uint32_t)hash && bucket->objects[*way]->id == id)
                return bucket;
    }
    return NULL;
}

static void *create(void)
{
    struct directory *d = must(malloc(sizeof *d));
    d->map = new_map(64);
    return d;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct directory *d = table;
    unsigned way;
    struct bucket *bucket = locate(d, key, &way);
    if (bucket != NULL) {
        bucket->objects[way]->weight = value;
        return;
    }
    struct object *object = must(malloc(sizeof *object));
    *object = (struct object){key, value};
    while (!put(d->map, object))
        enlarge(d);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    unsigned way;
    struct bucket *bucket = locate(table, key, &way);
    if (bucket != NULL)
        *value = bucket->objects[way]->weight;
    return bucket != NULL;
}

/* The bucket's last object takes the place. */
static bool erase(void *table, uint64_t key)
{
    unsigned way;
    struct bucket *bucket = locate(table, key, &way);
    if (bucket == NULL)
        return false;
    unsigned last = used(bucket) - 1;
    free(bucket->objects[way]);
    bucket->version += 2;
    bucket->hashes[way] = bucket->hashes[last];
    bucket->objects[way] = bucket->objects[last];
    bucket->hashes[last] = 0;
    bucket->objects[last] = NULL;
    return true;
}

static void destroy(void *table)
{
    struct directory *d = table;
    for (size_t i = 0; i <= d->map->mask; i++)
        for (unsigned way = 0; way < used(&d->map->buckets[i]); way++)
            free(d->map->buckets[i].objects[way]);
    free(d->map);
    free(d);
}

static struct shape shape(const void *table)
{
    const struct directory *d = table;
    struct shape shape = {.address = d->map, .capacity = WAYS * ((uint64_t)d->map->mask + 1)};
    for (size_t i = 0; i <= d->map->mask; i++)
        shape.live += used(&d->map->buckets[i]);
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 60000,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
