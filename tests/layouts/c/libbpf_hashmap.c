/*
 * libbpf's hashmap as its own users have it; see scenarios.h. Its header is not installed, and only
 * the static library has its functions.
 */
#include "scenarios.h"

/* src/hashmap.h of libbpf 1.1: what the functions take and give. */
struct hashmap {
    size_t (*hash)(long key, void *context);
    bool (*equal)(long left, long right, void *context);
    void *context;
    const void *buckets;
    size_t capacity, capacity_bits, entries;
};
struct hashmap *hashmap__new(size_t (*hash)(long, void *), bool (*equal)(long, long, void *),
                             void *context);
void hashmap__free(struct hashmap *map);
size_t hashmap__size(const struct hashmap *map);
size_t hashmap__capacity(const struct hashmap *map);
int hashmap_insert(struct hashmap *map, long key, long value, int strategy, long *old_key,
                   long *old_value);
bool hashmap_delete(struct hashmap *map, long key, long *old_key, long *old_value);
#define HASHMAP_ADD 0

static struct hashmap *map;

static size_t hash_number(long key, void *context)
{
    (void)context;
    return (size_t)key;
}

static bool equal_numbers(long left, long right, void *context)
{
    (void)context;
    return left == right;
}

static void create(uint64_t expected)
{
    (void)expected;
    map = hashmap__new(hash_number, equal_numbers, NULL);
}

static void insert(uint64_t key)
{
    if (hashmap_insert(map, (long)key, 1, HASHMAP_ADD, NULL, NULL) != 0)
        abort();
}

static void erase(uint64_t key)
{
    if (!hashmap_delete(map, (long)key, NULL, NULL))
        abort();
}

static void destroy(void)
{
    hashmap__free(map);
}

static const void *address(void)
{
    return map->buckets;
}

static uint64_t capacity(void)
{
    return hashmap__capacity(map);
}

static uint64_t live(void)
{
    return hashmap__size(map);
}

static uint64_t bytes(void)
{
    return capacity() * sizeof(void *);
}

static void fix(uint64_t live)
{
    destroy();
    create(0);
    subject_fill(&(struct subject){.insert = insert}, live);
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {1, 3, 4, 6, 7, 96, 97, 1000, 20000, UINT64_MAX};
    const struct subject subject = {
        .implementation = "libbpf hashmap",
        .entries = 150000,
        .create = create,
        .insert = insert,
        .erase = erase,
        .destroy = destroy,
        .address = address,
        .capacity = capacity,
        .live = live,
        .bytes = bytes,
        .fix = fix,
        .lives = lives,
    };
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
