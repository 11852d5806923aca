/* Four shards, each an object with the pointer, the size and the count of its slots beside the
 * next one's, filled in turn. */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

#define SHARDS 4
#define KEYS   160000

struct slot {
    uint64_t key; /* 0: empty */
    uint64_t value;
};

struct shard {
    struct slot *slots;
    size_t size, count;
};

static struct shard shards[SHARDS];

static size_t home_of(uint64_t key)
{
    return (size_t)(key * 0x9e3779b97f4a7c15u >> 20);
}

static struct slot *look_up(const struct shard *shard, uint64_t key)
{
    size_t at = home_of(key) % shard->size;
    while (shard->slots[at].key != 0 && shard->slots[at].key != key)
        at = (at + 1) % shard->size;
    return &shard->slots[at];
}

static void put(struct shard *shard, uint64_t key, uint64_t value)
{
    if (shard->count * 10 >= shard->size * 7) {
        struct shard grown = {.size = shard->size == 0 ? 16 : shard->size * 2};
        grown.slots = must(calloc(grown.size, sizeof(struct slot)));
        for (size_t i = 0; i < shard->size; i++) {
            if (shard->slots[i].key != 0)
                *look_up(&grown, shard->slots[i].key) = shard->slots[i];
        }
        free(shard->slots);
        shard->slots = grown.slots;
        shard->size = grown.size;
    }
    struct slot *slot = look_up(shard, key);
    shard->count += slot->key == 0;
    *slot = (struct slot){key, value};
}

static void take_out(struct shard *shard, uint64_t key)
{
    struct slot *gone = look_up(shard, key);
    if (gone->key == 0)
        abort();
    memset(gone, 0, sizeof *gone);
    shard->count--;
    for (size_t at = ((size_t)(gone - shard->slots) + 1) % shard->size; shard->slots[at].key != 0;
         at = (at + 1) % shard->size) {
        struct slot moved = shard->slots[at];
        memset(&shard->slots[at], 0, sizeof moved);
        *look_up(shard, moved.key) = moved;
    }
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = KEYS};
    bool is_hollow = argc > 1 && strcmp(argv[1], "hollow") == 0;
    struct keys keys = keys_new(argc > 2 ? argv[2] : "random", KEYS);
    for (uint64_t i = 0; i < KEYS; i++)
        put(&shards[i % SHARDS], keys_at(&keys, i), i);
    for (uint64_t i = 0; is_hollow && i < KEYS; i++) {
        if (i % 199 > SHARDS)
            take_out(&shards[i % SHARDS], keys_at(&keys, i));
    }
    HASHTRACK_SNAPSHOT("end");
    for (int i = 0; i < SHARDS; i++) {
        const struct shape shape = {
            .address = shards[i].slots, .capacity = shards[i].size, .live = shards[i].count};
        struct keys own = keys;
        own.count = KEYS / SHARDS;
        table_truth(&kind, &shape, is_hollow ? "hollow" : "ok", "end", &own, false);
        free(shards[i].slots);
    }
    keys_free(&keys);
    return 0;
}
