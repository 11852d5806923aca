/* A cache in eight shards, each with heads and entries of its own, reserved once: a head is the
 * number of an entry, which has the hash and the number of the next one. When nearly all have
 * expired, most shards have no two entries under one head. */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

#define SHARDS 8u
#define HEADS  32768u /* of each shard */
#define ROOM   31000u /* entries of each */
#define NONE   UINT32_MAX

struct member {
    uint64_t key, value;
    uint32_t hash, next;
};

struct shard {
    uint32_t *heads;
    struct member *members;
    uint32_t used, unused, live;
};

struct cache {
    struct shard shards[SHARDS];
};

static uint32_t hash(uint64_t key)
{
    key = (key ^ key << 25 ^ key >> 39) * 0x9fb21c651e98df25u;
    key ^= (key >> 35) + 8;
    return (uint32_t)(key * 0x9fb21c651e98df25u >> 28);
}

static struct shard *shard_of(struct cache *cache, uint32_t h)
{
    return &cache->shards[h >> 29];
}

static uint32_t *lookup(struct shard *shard, uint64_t key, uint32_t h)
{
    uint32_t *at = &shard->heads[h & (HEADS - 1)];
    while (*at != NONE && shard->members[*at].key != key)
        at = &shard->members[*at].next;
    return at;
}

static void *create(void)
{
    struct cache *cache = must(malloc(sizeof *cache));
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shards[i];
        *shard = (struct shard){.unused = NONE};
        shard->heads = must(malloc(HEADS * sizeof(*shard->heads)));
        for (uint32_t head = 0; head < HEADS; head++)
            shard->heads[head] = NONE;
        shard->members = must(calloc(ROOM, sizeof(*shard->members)));
    }
    return cache;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    uint32_t h = hash(key), number;
    struct shard *shard = shard_of(table, h);
    uint32_t *at = lookup(shard, key, h);
    if (*at != NONE) {
        shard->members[*at].value = value;
        return;
    }
    number = shard->unused;
    if (number != NONE)
        shard->unused = shard->members[number].next;
    else if ((number = shard->used++) >= ROOM)
        abort();
    at = &shard->heads[h & (HEADS - 1)];
    shard->members[number] = (struct member){.key = key, .value = value, .hash = h, .next = *at};
    *at = number;
    shard->live++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint32_t h = hash(key);
    struct shard *shard = shard_of(table, h);
    uint32_t number = *lookup(shard, key, h);
    if (number != NONE)
        *value = shard->members[number].value;
    return number != NONE;
}

static bool erase(void *table, uint64_t key)
{
    uint32_t h = hash(key);
    struct shard *shard = shard_of(table, h);
    uint32_t *at = lookup(shard, key, h), number = *at;
    if (number == NONE)
        return false;
    *at = shard->members[number].next;
    shard->members[number].next = shard->unused;
    shard->unused = number;
    shard->live--;
    return true;
}

static void destroy(void *table)
{
    struct cache *cache = table;
    for (unsigned i = 0; i < SHARDS; i++) {
        free(cache->shards[i].heads);
        free(cache->shards[i].members);
    }
    free(cache);
}

static struct shape shape_of(const struct shard *shard)
{
    return (struct shape){.address = shard->heads,
                          .others = {shard->members},
                          .capacity = HEADS,
                          .live = shard->live};
}

/* Of all shards, for the driver to count. */
static struct shape shape(const void *table)
{
    const struct cache *cache = table;
    struct shape all = {.capacity = SHARDS * HEADS};
    for (unsigned i = 0; i < SHARDS; i++)
        all.live += cache->shards[i].live;
    return all;
}

/* Leaves one of five of those that the driver leaves: some hundred a shard. */
static void expire_more(struct cache *cache, const struct keys *keys)
{
    unsigned left = 0;
    uint64_t value;
    for (uint64_t i = 0; i < keys->count; i++)
        if (find(cache, keys_at(keys, i), &value) && left++ % 5 != 0)
            erase(cache, keys_at(keys, i));
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 230000,
                                              .never_grows = true,
                                              .keeps_erased = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    if (argc != 3)
        return 2;
    bool is_hollow = strcmp(argv[1], "hollow") == 0;
    struct keys keys = keys_new(argv[2], kind.entries);
    struct cache *cache = create();
    table_fill(&kind, cache, &keys);
    if (strcmp(argv[1], "full") != 0)
        table_hollow(&kind, cache, &keys);
    if (strcmp(argv[1], "refilled") == 0)
        table_refill(&kind, cache, &keys);
    if (is_hollow)
        expire_more(cache, &keys);
    HASHTRACK_SNAPSHOT("end");
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shape one = shape_of(&cache->shards[i]);
        struct keys share = {.kind = keys.kind, .count = cache->shards[i].used};
        table_truth(&kind, &one, is_hollow ? "hollow" : "ok", "end", &share, false);
    }
    destroy(cache);
    keys_free(&keys);
    return 0;
}
