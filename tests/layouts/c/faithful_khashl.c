/*
 * A table of our own that lies in memory and grows as klib's khashl.h (r30) does, which Debian does
 * not package: {km, bits, count, used, keys}, one bit a bucket, packed buckets, growth by realloc
 * at three quarters, no tombstones. Scenarios: full, hollow, clear, reserve, churn, capacity;
 * kinds: map (8-byte key, 40-byte value), set (4-byte key), nested (map, the object inside another
 * struct).
 */
#include "truth.h"

#include <string.h>

#define ENTRIES 200000u
#define KEPT_OF 50u

struct table {
    void *memory;
    uint32_t bits, count;
    uint32_t *used;
    unsigned char *buckets;
};

static size_t bucket_bytes = 48;

static uint32_t capacity_of(const struct table *table)
{
    return table->buckets == NULL ? 0 : 1u << table->bits;
}

static uint32_t entries_limit(uint32_t capacity)
{
    return capacity / 2 + capacity / 4;
}

static bool is_used(const uint32_t *used, uint32_t i)
{
    return used[i / 32] >> i % 32 & 1;
}

static void flip(uint32_t *used, uint32_t i)
{
    used[i / 32] ^= 1u << i % 32;
}

static uint32_t home(const unsigned char *bucket, uint32_t bits)
{
    uint32_t key; /* the low half of an 8-byte key */
    memcpy(&key, bucket, sizeof(key));
    return key * 2654435769u >> (32 - bits);
}

static void *need(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static unsigned char *bucket_at(const struct table *table, uint32_t i)
{
    return table->buckets + i * bucket_bytes;
}

static void swap(unsigned char *left, unsigned char *right)
{
    unsigned char kept[64];
    memcpy(kept, left, bucket_bytes);
    memcpy(left, right, bucket_bytes);
    memcpy(right, kept, bucket_bytes);
}

/* In place: the buckets are reallocated to the larger size first, to the smaller one last. */
static void resize(struct table *table, uint32_t wanted)
{
    uint32_t old = capacity_of(table), bits = 2;
    while (1u << bits < wanted)
        bits++;
    uint32_t capacity = 1u << bits;
    if (table->count > entries_limit(capacity))
        return;
    uint32_t *used = need(calloc(capacity < 32 ? 1 : capacity / 32, sizeof(*used)));
    if (old < capacity)
        table->buckets = need(realloc(table->buckets, capacity * bucket_bytes));
    for (uint32_t i = 0; i < old; i++) {
        if (!is_used(table->used, i))
            continue;
        flip(table->used, i);
        unsigned char moving[64];
        memcpy(moving, bucket_at(table, i), bucket_bytes);
        for (bool placed = false; !placed;) {
            uint32_t to = home(moving, bits);
            while (is_used(used, to))
                to = (to + 1) & (capacity - 1);
            flip(used, to);
            placed = to >= old || !is_used(table->used, to);
            if (!placed)
                flip(table->used, to); /* whoever stood there moves next */
            swap(moving, bucket_at(table, to));
        }
    }
    if (old > capacity)
        table->buckets = need(realloc(table->buckets, capacity * bucket_bytes));
    free(table->used);
    table->used = used;
    table->bits = bits;
}

static uint32_t find(const struct table *table, const unsigned char *key)
{
    uint32_t i = home(key, table->bits);
    while (is_used(table->used, i) &&
           memcmp(bucket_at(table, i), key, bucket_bytes < 8 ? 4 : 8) != 0)
        i = (i + 1) & (capacity_of(table) - 1);
    return i;
}

static void make_bucket(unsigned char bucket[64], uint64_t i)
{
    uint64_t key = i * 2654435761u + 1;
    memset(bucket, (int)(i % 200 + 1), 64);
    memcpy(bucket, &key, sizeof(key));
}

static void insert(struct table *table, uint64_t i)
{
    unsigned char bucket[64];
    make_bucket(bucket, i);
    if (table->count >= entries_limit(capacity_of(table)))
        resize(table, capacity_of(table) + 1);
    uint32_t at = find(table, bucket);
    memcpy(bucket_at(table, at), bucket, bucket_bytes);
    flip(table->used, at);
    table->count++;
}

static void erase(struct table *table, uint64_t key)
{
    unsigned char bucket[64];
    make_bucket(bucket, key);
    uint32_t mask = capacity_of(table) - 1, hole = find(table, bucket);
    for (uint32_t i = (hole + 1) & mask; is_used(table->used, i); i = (i + 1) & mask) {
        uint32_t distance = (i - home(bucket_at(table, i), table->bits)) & mask;
        if (distance < ((i - hole) & mask))
            continue;
        memcpy(bucket_at(table, hole), bucket_at(table, i), bucket_bytes);
        hole = i;
    }
    flip(table->used, hole);
    table->count--;
}

static void clear(struct table *table)
{
    memset(table->used, 0, capacity_of(table) / 8);
    table->count = 0;
}

static void release(struct table *table)
{
    free(table->buckets);
    free(table->used);
    *table = (struct table){0};
}

static uint64_t bytes_of(const struct table *table)
{
    uint64_t capacity = capacity_of(table);
    return capacity * bucket_bytes + (capacity < 32 ? 4 : capacity / 8);
}

static void print_capacities(void)
{
    static const uint64_t lives[] = {0, 3, 12, 96, 1000, 6000, 50000};
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        struct table table = {0};
        for (uint64_t k = 0; k < ENTRIES; k++)
            insert(&table, k);
        for (uint64_t k = lives[i]; k < ENTRIES; k++)
            erase(&table, k);
        uint64_t capacity = capacity_of(&table), bytes = bytes_of(&table);
        resize(&table, table.count * 4 / 3 + 1);
        print_capacity("khashl", table.count, capacity, bytes, capacity_of(&table),
                       bytes_of(&table));
        release(&table);
    }
}

static void run(const char *scenario, struct table *table)
{
    bool reserve = strcmp(scenario, "reserve") == 0;
    const char *verdict = reserve ? "over-reserved" : "ok";
    uint64_t peak = reserve ? ENTRIES / 300 : ENTRIES;
    if (reserve)
        resize(table, ENTRIES);
    for (uint64_t i = 0; i < peak; i++)
        insert(table, i);
    if (strcmp(scenario, "hollow") == 0) {
        for (uint64_t i = 0; i < ENTRIES; i++)
            if (i % KEPT_OF != 0)
                erase(table, i);
        verdict = "hollow";
    } else if (strcmp(scenario, "clear") == 0) {
        clear(table);
        verdict = "hollow";
    } else if (strcmp(scenario, "churn") == 0) {
        for (uint64_t i = 0; i < ENTRIES; i++) {
            erase(table, i);
            insert(table, i + ENTRIES);
        }
    } else if (!reserve && strcmp(scenario, "full") != 0) {
        unknown_scenario(scenario);
    }
    struct truth truth = {"khashl",     table->buckets,    capacity_of(table),
                          table->count, TOMBSTONES_UNTOLD, peak};
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    release(table);
}

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow", *kind = argc > 2 ? argv[2] : "map";
    if (strcmp(kind, "set") == 0)
        bucket_bytes = 4;
    static struct {
        char name[16];
        struct table table;
        uint64_t hits;
    } cache;
    struct table *table = strcmp(kind, "nested") == 0 ? &cache.table : calloc(1, sizeof(*table));
    if (strcmp(scenario, "capacity") == 0)
        print_capacities();
    else
        run(scenario, table);
    if (table != &cache.table)
        free(table);
    return 0;
}
