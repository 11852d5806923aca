/*
 * A table of our own that lies in memory and grows as klib's khashl.h (r30) does, which Debian does
 * not package: {km, bits, count, used, keys}, one bit a bucket, packed buckets, growth by realloc
 * at three quarters, no tombstones. Scenarios: those of faithful.h but freed; kinds: map (8-byte
 * key, 40-byte value), set (4-byte key), nested (map, the object inside another struct).
 */
#include "faithful.h"

struct table {
    void *memory;
    uint32_t bits, count;
    uint32_t *used;
    unsigned char *buckets;
};

static size_t bucket_bytes = 48;
static struct {
    char name[16];
    struct table table;
} nested;
static struct table *table;

static uint32_t capacity_of(void)
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

static unsigned char *bucket_at(uint32_t i)
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
static void resize(uint64_t wanted)
{
    uint32_t old = capacity_of(), bits = 2;
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
        memcpy(moving, bucket_at(i), bucket_bytes);
        for (bool placed = false; !placed;) {
            uint32_t to = home(moving, bits);
            while (is_used(used, to))
                to = (to + 1) & (capacity - 1);
            flip(used, to);
            placed = to >= old || !is_used(table->used, to);
            if (!placed)
                flip(table->used, to); /* whoever stood there moves next */
            swap(moving, bucket_at(to));
        }
    }
    if (old > capacity)
        table->buckets = need(realloc(table->buckets, capacity * bucket_bytes));
    free(table->used);
    table->used = used;
    table->bits = bits;
}

static uint32_t find(const unsigned char *key)
{
    uint32_t i = home(key, table->bits);
    while (is_used(table->used, i) && memcmp(bucket_at(i), key, bucket_bytes < 8 ? 4 : 8) != 0)
        i = (i + 1) & (capacity_of() - 1);
    return i;
}

static void make_bucket(unsigned char bucket[64], uint64_t i)
{
    uint64_t key = i * 2654435761u + 1;
    memset(bucket, (int)(i % 200 + 1), 64);
    memcpy(bucket, &key, sizeof(key));
}

static void insert(uint64_t i)
{
    unsigned char bucket[64];
    make_bucket(bucket, i);
    if (table->count >= entries_limit(capacity_of()))
        resize(capacity_of() + 1);
    uint32_t at = find(bucket);
    memcpy(bucket_at(at), bucket, bucket_bytes);
    flip(table->used, at);
    table->count++;
}

static void erase(uint64_t i)
{
    unsigned char bucket[64];
    make_bucket(bucket, i);
    uint32_t mask = capacity_of() - 1, hole = find(bucket);
    for (uint32_t at = (hole + 1) & mask; is_used(table->used, at); at = (at + 1) & mask) {
        uint32_t distance = (at - home(bucket_at(at), table->bits)) & mask;
        if (distance < ((at - hole) & mask))
            continue;
        memcpy(bucket_at(hole), bucket_at(at), bucket_bytes);
        hole = at;
    }
    flip(table->used, hole);
    table->count--;
}

static void clear(void)
{
    memset(table->used, 0, capacity_of() / 8);
    table->count = 0;
}

static void shrink(void)
{
    resize(table->count * 4 / 3 + 1);
}

static void release(void)
{
    free(table->buckets);
    free(table->used);
    *table = (struct table){0};
}

static struct faithful_state state(void)
{
    uint64_t capacity = capacity_of();
    return (struct faithful_state){table->buckets, capacity, table->count,
                                   capacity * bucket_bytes + (capacity < 32 ? 4 : capacity / 8)};
}

int main(int argc, char **argv)
{
    static const struct faithful_table khashl = {
        .implementation = "khashl",
        .entries = 200000,
        .insert = insert,
        .erase = erase,
        .clear = clear,
        .reserve = resize,
        .shrink = shrink,
        .release = release,
        .state = state,
    };
    const char *scenario = argc > 1 ? argv[1] : "hollow", *kind = argc > 2 ? argv[2] : "map";
    if (strcmp(kind, "set") == 0)
        bucket_bytes = 4;
    table = strcmp(kind, "nested") == 0 ? &nested.table : need(calloc(1, sizeof(*table)));
    int status = faithful_main(&khashl, scenario);
    if (table != &nested.table)
        free(table);
    return status;
}
