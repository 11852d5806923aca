/*
 * A table of our own that lies in memory and grows as Verstable 2.2.1 does, which Debian does not
 * package: one block of buckets and 16-bit metadata, chains that begin at home and are linked by
 * the triangular number of a displacement, growth at 0.9. Scenarios: those of faithful.h; kinds:
 * map (8-byte key, 40-byte value), set (14 bytes: the size alone would also fit twice as many
 * buckets), nested (map, the object inside another struct).
 */
#include "faithful.h"

#define AT_HOME   0x0800u
#define CHAIN_END 0x07ffu
#define FRAGMENT  0xf000u

struct table {
    size_t key_count, mask;
    unsigned char *buckets;
    uint16_t *metadata;
};

static size_t bucket_bytes = 48;
static struct {
    char name[16];
    struct table table;
} nested;
static struct table *table;

static size_t capacity_of(const struct table *of)
{
    return of->mask == 0 ? 0 : of->mask + 1;
}

static size_t block_bytes(size_t capacity)
{
    return capacity == 0 ? 0 : capacity * bucket_bytes + (capacity + 4) * 2;
}

static uint64_t hash_of(uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 29;
}

static uint64_t key_at(const struct table *of, size_t i)
{
    uint64_t key;
    memcpy(&key, of->buckets + i * bucket_bytes, sizeof(key));
    return key;
}

static size_t home_of(const struct table *of, uint64_t key)
{
    return hash_of(key) & of->mask;
}

static size_t step(const struct table *of, size_t home, unsigned displacement)
{
    return (home + (size_t)displacement * (displacement + 1) / 2) & of->mask;
}

static uint16_t fragment_of(uint64_t key)
{
    return (uint16_t)(hash_of(key) >> 48 & FRAGMENT);
}

static void set_displacement(uint16_t *metadatum, unsigned displacement)
{
    *metadatum = (uint16_t)((*metadatum & ~CHAIN_END) | displacement);
}

/* The first empty bucket on the way from `home`. */
static bool find_empty(const struct table *of, size_t home, unsigned *displacement)
{
    for (*displacement = 1; *displacement < CHAIN_END; ++*displacement)
        if (of->metadata[step(of, home, *displacement)] == 0)
            return true;
    return false;
}

/* Whoever of the chain of `home` is the last before `displacement`. */
static size_t chain_before(const struct table *of, size_t home, unsigned displacement)
{
    size_t at = home;
    for (unsigned next; (next = of->metadata[at] & CHAIN_END) < displacement;)
        at = step(of, home, next);
    return at;
}

static void place(struct table *into, size_t at, const unsigned char *bucket)
{
    memcpy(into->buckets + at * bucket_bytes, bucket, bucket_bytes);
}

/* Enters the bucket at `at`, `displacement` steps from home, into the chain there. */
static void link_bucket(struct table *into, size_t home, size_t at, unsigned displacement,
                        uint64_t key)
{
    size_t before = chain_before(into, home, displacement);
    into->metadata[at] = (uint16_t)(fragment_of(key) | (into->metadata[before] & CHAIN_END));
    set_displacement(&into->metadata[before], displacement);
}

/* Another chain's key stands at `home`: it must go. */
static bool evict(struct table *from, size_t home)
{
    uint64_t key = key_at(from, home);
    size_t its_home = home_of(from, key), at = its_home;
    unsigned displacement, next;
    while (step(from, its_home, next = from->metadata[at] & CHAIN_END) != home)
        at = step(from, its_home, next);
    set_displacement(&from->metadata[at], from->metadata[home] & CHAIN_END);
    if (!find_empty(from, its_home, &displacement))
        return false;
    size_t to = step(from, its_home, displacement);
    link_bucket(from, its_home, to, displacement, key);
    place(from, to, from->buckets + home * bucket_bytes);
    return true;
}

static bool insert_bucket(struct table *into, const unsigned char *bucket)
{
    uint64_t key;
    memcpy(&key, bucket, sizeof(key));
    size_t home = home_of(into, key);
    unsigned displacement;
    if ((into->metadata[home] & AT_HOME) == 0) {
        if (into->metadata[home] != 0 && !evict(into, home))
            return false;
        into->metadata[home] = (uint16_t)(fragment_of(key) | AT_HOME | CHAIN_END);
        place(into, home, bucket);
    } else {
        if (!find_empty(into, home, &displacement))
            return false;
        size_t at = step(into, home, displacement);
        link_bucket(into, home, at, displacement, key);
        place(into, at, bucket);
    }
    into->key_count++;
    return true;
}

static void rehash(size_t capacity)
{
    struct table fresh = {.mask = capacity - 1};
    fresh.buckets = need(malloc(block_bytes(capacity)));
    fresh.metadata = (uint16_t *)(void *)(fresh.buckets + capacity * bucket_bytes);
    memset(fresh.metadata, 0, (capacity + 4) * 2);
    fresh.metadata[capacity] = 1;
    for (size_t i = 0; i < capacity_of(table); i++)
        if (table->metadata[i] != 0 && !insert_bucket(&fresh, table->buckets + i * bucket_bytes))
            abort();
    free(table->buckets);
    *table = fresh;
}

static size_t capacity_for(size_t entries)
{
    size_t capacity = 8;
    while ((double)entries > (double)capacity * 0.9)
        capacity *= 2;
    return entries == 0 ? 0 : capacity;
}

static uint64_t key_of(uint64_t i)
{
    return i * 3 + 1;
}

static void insert(uint64_t i)
{
    unsigned char bucket[64];
    uint64_t key = key_of(i);
    memset(bucket, (int)(i % 200 + 1), sizeof(bucket));
    memcpy(bucket, &key, sizeof(key));
    size_t capacity = capacity_of(table);
    if ((double)(table->key_count + 1) > (double)capacity * 0.9 || !insert_bucket(table, bucket)) {
        rehash(capacity == 0 ? 8 : capacity * 2);
        insert_bucket(table, bucket);
    }
}

/* The chain stays linked: its last key takes the place of the one that goes. */
static void erase(uint64_t i)
{
    uint64_t key = key_of(i);
    size_t home = home_of(table, key), at = home, before = home;
    while (key_at(table, at) != key)
        at = step(table, home, table->metadata[at] & CHAIN_END);
    size_t last = at;
    if (last == home)
        before = home;
    else
        for (before = home; step(table, home, table->metadata[before] & CHAIN_END) != last;)
            before = step(table, home, table->metadata[before] & CHAIN_END);
    while ((table->metadata[last] & CHAIN_END) != CHAIN_END) {
        before = last;
        last = step(table, home, table->metadata[last] & CHAIN_END);
    }
    if (last != at) {
        place(table, at, table->buckets + last * bucket_bytes);
        table->metadata[at] =
            (uint16_t)((table->metadata[at] & ~FRAGMENT) | (table->metadata[last] & FRAGMENT));
    }
    if (last != home)
        table->metadata[before] |= CHAIN_END;
    table->metadata[last] = 0;
    table->key_count--;
}

static void clear(void)
{
    memset(table->metadata, 0, capacity_of(table) * 2);
    table->key_count = 0;
}

static void reserve(uint64_t entries)
{
    rehash(capacity_for(entries));
}

static void release(void)
{
    free(table->buckets);
    *table = (struct table){0};
}

static void shrink(void)
{
    if (table->key_count == 0)
        release();
    else if (capacity_for(table->key_count) < capacity_of(table))
        rehash(capacity_for(table->key_count));
}

static struct faithful_state state(void)
{
    size_t capacity = capacity_of(table);
    return (struct faithful_state){table->buckets, capacity, table->key_count,
                                   block_bytes(capacity)};
}

int main(int argc, char **argv)
{
    static const struct faithful_table verstable = {
        .implementation = "Verstable",
        .entries = 200000,
        .insert = insert,
        .erase = erase,
        .clear = clear,
        .reserve = reserve,
        .shrink = shrink,
        .release = release,
        .state = state,
    };
    const char *scenario = argc > 1 ? argv[1] : "hollow", *kind = argc > 2 ? argv[2] : "map";
    if (strcmp(kind, "set") == 0)
        bucket_bytes = 14;
    table = strcmp(kind, "nested") == 0 ? &nested.table : need(calloc(1, sizeof(*table)));
    int status = faithful_main(&verstable, scenario);
    if (table != &nested.table)
        free(table);
    return status;
}
