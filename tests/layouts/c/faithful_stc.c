/*
 * Tables of our own that lie in memory and grow as STC's hmap (5.0 and later) and cmap (4.2) do,
 * which Debian does not package. Scenarios: those of faithful.h but freed; kinds: hmap
 * (8-byte key, 40-byte value), hset (4-byte keys), cmap (as hmap).
 */
#include "faithful.h"

struct hmap_metadata {
    uint16_t hash : 6, distance : 10;
};

static struct {
    unsigned char *slots;
    void *metadata; /* struct hmap_metadata, or a byte a slot */
    int64_t size, capacity;
} map;
static size_t slot_bytes = 48;
static bool is_cmap;

static uint64_t hash_of(uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 32;
}

static uint64_t key_at(int64_t at)
{
    uint64_t key = 0;
    memcpy(&key, map.slots + (size_t)at * slot_bytes, slot_bytes < 8 ? 4 : 8);
    return key;
}

static void swap_slots(unsigned char *left, unsigned char *right)
{
    unsigned char kept[64];
    memcpy(kept, left, slot_bytes);
    memcpy(left, right, slot_bytes);
    memcpy(right, kept, slot_bytes);
}

/* --- hmap: robin hood, a power of two of slots --- */

static void insert_robin_hood(unsigned char *slot, uint64_t key)
{
    struct hmap_metadata *metadata = map.metadata;
    uint64_t hash = hash_of(key), mask = (uint64_t)map.capacity - 1, at = hash & mask;
    struct hmap_metadata mine = {.hash = hash >> 24 & 63, .distance = 1};
    for (; metadata[at].distance != 0; at = (at + 1) & mask, mine.distance++)
        if (metadata[at].distance < mine.distance) {
            struct hmap_metadata theirs = metadata[at];
            metadata[at] = mine;
            mine = theirs;
            swap_slots(slot, map.slots + at * slot_bytes);
        }
    metadata[at] = mine;
    memcpy(map.slots + at * slot_bytes, slot, slot_bytes);
}

static void erase_robin_hood(uint64_t key)
{
    struct hmap_metadata *metadata = map.metadata;
    uint64_t mask = (uint64_t)map.capacity - 1, at = hash_of(key) & mask;
    while (key_at((int64_t)at) != key)
        at = (at + 1) & mask;
    for (uint64_t next; metadata[next = (at + 1) & mask].distance > 1; at = next) {
        memcpy(map.slots + at * slot_bytes, map.slots + next * slot_bytes, slot_bytes);
        metadata[at] = metadata[next];
        metadata[at].distance--;
    }
    metadata[at].distance = 0;
}

/* --- cmap: linear probing, any odd number of slots --- */

static int64_t home_in_cmap(uint64_t key)
{
    return (int64_t)((unsigned __int128)hash_of(key) * (uint64_t)map.capacity >> 64);
}

static void insert_linear(const unsigned char *slot, uint64_t key)
{
    unsigned char *used = map.metadata;
    int64_t at = home_in_cmap(key);
    while (used[at] != 0)
        at = at + 1 == map.capacity ? 0 : at + 1;
    used[at] = (unsigned char)(hash_of(key) | 0x80);
    memcpy(map.slots + (size_t)at * slot_bytes, slot, slot_bytes);
}

static void erase_linear(uint64_t key)
{
    unsigned char *used = map.metadata;
    int64_t hole = home_in_cmap(key);
    while (key_at(hole) != key)
        hole = hole + 1 == map.capacity ? 0 : hole + 1;
    for (int64_t at = hole;;) {
        at = at + 1 == map.capacity ? 0 : at + 1;
        if (used[at] == 0)
            break;
        int64_t home = home_in_cmap(key_at(at));
        if (hole < at ? home > hole && home <= at : home > hole || home <= at)
            continue;
        memcpy(map.slots + (size_t)hole * slot_bytes, map.slots + (size_t)at * slot_bytes,
               slot_bytes);
        used[hole] = used[at];
        hole = at;
    }
    used[hole] = 0;
}

/* --- both --- */

static float load_limit(void)
{
    return is_cmap ? 0.85f : 0.80f;
}

static size_t metadata_bytes(int64_t capacity)
{
    return ((size_t)capacity + 1) * (is_cmap ? 1 : 2);
}

static bool is_in_use(const void *metadata, int64_t at)
{
    return is_cmap ? ((const unsigned char *)metadata)[at] != 0
                   : ((const struct hmap_metadata *)metadata)[at].distance != 0;
}

static void place(unsigned char *slot, uint64_t key)
{
    if (is_cmap)
        insert_linear(slot, key);
    else
        insert_robin_hood(slot, key);
}

static void reserve(uint64_t entries)
{
    int64_t wanted = (int64_t)((float)entries / load_limit()) + 4, capacity = 4;
    while (capacity < wanted)
        capacity *= 2;
    if (is_cmap)
        capacity = wanted | 1;
    unsigned char *old_slots = map.slots, *old_metadata = map.metadata;
    int64_t old_capacity = map.capacity;
    map.slots = need(malloc((size_t)capacity * slot_bytes));
    map.metadata = need(calloc(1, metadata_bytes(capacity)));
    map.capacity = capacity;
    if (is_cmap)
        ((unsigned char *)map.metadata)[capacity] = 0xff;
    else
        ((struct hmap_metadata *)map.metadata)[capacity].distance = 1023;
    for (int64_t i = 0; i < old_capacity; i++) {
        unsigned char *slot = old_slots + (size_t)i * slot_bytes;
        uint64_t key = 0;
        memcpy(&key, slot, slot_bytes < 8 ? 4 : 8);
        if (is_in_use(old_metadata, i))
            place(slot, key);
    }
    free(old_metadata);
    free(old_slots);
}

static void insert(uint64_t i)
{
    unsigned char slot[64];
    uint64_t key = i * 3 + 1;
    memset(slot, (int)(i % 200 + 1), sizeof(slot));
    memcpy(slot, &key, sizeof(key));
    if (map.size >= (int64_t)((float)map.capacity * load_limit()))
        reserve((uint64_t)map.size * 3 / 2 + 2);
    place(slot, key);
    map.size++;
}

static void erase(uint64_t i)
{
    if (is_cmap)
        erase_linear(i * 3 + 1);
    else
        erase_robin_hood(i * 3 + 1);
    map.size--;
}

static void clear(void)
{
    memset(map.metadata, 0, metadata_bytes(map.capacity - 1));
    map.size = 0;
}

static void shrink(void)
{
    reserve((uint64_t)map.size);
}

static void release(void)
{
    free(map.metadata);
    free(map.slots);
    memset(&map, 0, sizeof(map));
}

static struct faithful_state state(void)
{
    return (struct faithful_state){map.slots, (uint64_t)map.capacity, (uint64_t)map.size,
                                   (uint64_t)map.capacity * slot_bytes +
                                       metadata_bytes(map.capacity)};
}

int main(int argc, char **argv)
{
    static struct faithful_table stc = {
        .implementation = "STC hmap",
        .entries = 200000,
        .insert = insert,
        .erase = erase,
        .clear = clear,
        .reserve = reserve,
        .shrink = shrink,
        .release = release,
        .state = state,
    };
    const char *scenario = argc > 1 ? argv[1] : "hollow", *kind = argc > 2 ? argv[2] : "hmap";
    is_cmap = strcmp(kind, "cmap") == 0;
    if (is_cmap)
        stc.implementation = "STC cmap";
    if (strcmp(kind, "hset") == 0)
        slot_bytes = 4;
    return faithful_main(&stc, scenario);
}
