/*
 * Buckets of a cache line, as readers go through them without a lock: a lock, a sequence that each
 * writer makes odd and then even, the halves of four hashes, four entries, a further bucket. Three
 * threads fill it; one that finds many further buckets makes it twice as large, under all locks.
 * What was left goes at the end, for readers may be in it. Nobody counts the entries.
 */
#include "scenario.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "hashtrack.h"

#define ENTRIES 90000u
#define THREADS 3u
#define WAYS    4u
#define FIRST   64u /* buckets */
#define GROWTHS 20u

struct entry {
    uint64_t key, value;
};

struct bucket {
    atomic_uint lock, sequence;
    uint32_t hashes[WAYS];
    struct entry *entries[WAYS];
    struct bucket *further;
};

struct map {
    struct bucket *buckets;
    size_t number;
    atomic_size_t further, most_further;
};

static _Atomic(struct map *) map;
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;
static struct map *left_behind[GROWTHS];
static unsigned growths;
static struct keys keys;

static struct bucket *new_buckets(size_t number)
{
    void *buckets = NULL;
    if (posix_memalign(&buckets, 64, number * sizeof(struct bucket)) != 0)
        abort();
    return memset(buckets, 0, number * sizeof(struct bucket));
}

static struct map *new_map(size_t number)
{
    struct map *created = must(malloc(sizeof *created));
    *created =
        (struct map){.buckets = new_buckets(number), .number = number, .most_further = number / 8};
    return created;
}

static uint32_t hash_of(uint64_t key)
{
    key = (key ^ key >> 28) * 0xa24baed4963ee407u;
    return (uint32_t)(key ^ key >> 33);
}

static void lock(struct bucket *bucket)
{
    while (atomic_exchange(&bucket->lock, 1) != 0)
        continue;
}

static void unlock(struct bucket *bucket)
{
    atomic_store(&bucket->lock, 0);
}

static struct bucket *bucket_of(const struct map *in, uint32_t hash)
{
    return &in->buckets[hash & (in->number - 1)];
}

/* The head is locked. */
static void put(struct map *in, struct bucket *head, struct entry *entry, uint32_t hash)
{
    struct bucket *bucket = head;
    unsigned way = 0;
    while (bucket->entries[way] != NULL) {
        if (++way < WAYS)
            continue;
        if (bucket->further == NULL) {
            bucket->further = new_buckets(1);
            in->further++;
        }
        bucket = bucket->further;
        way = 0;
    }
    head->sequence++;
    bucket->hashes[way] = hash;
    bucket->entries[way] = entry;
    head->sequence++;
}

static void grow(struct map *seen)
{
    pthread_mutex_lock(&growing);
    if (map == seen && growths < GROWTHS) {
        struct map *larger = new_map(2 * seen->number);
        for (size_t i = 0; i < seen->number; i++)
            lock(&seen->buckets[i]);
        for (size_t i = 0; i < seen->number; i++)
            for (struct bucket *b = &seen->buckets[i]; b != NULL; b = b->further)
                for (unsigned way = 0; way < WAYS && b->entries[way] != NULL; way++)
                    put(larger, bucket_of(larger, b->hashes[way]), b->entries[way], b->hashes[way]);
        map = larger;
        for (size_t i = 0; i < seen->number; i++)
            unlock(&seen->buckets[i]);
        left_behind[growths++] = seen;
    }
    pthread_mutex_unlock(&growing);
}

static void insert(struct entry *entry)
{
    uint32_t hash = hash_of(entry->key);
    for (;;) {
        struct map *now = map;
        struct bucket *head = bucket_of(now, hash);
        lock(head);
        if (now == map) {
            put(now, head, entry, hash);
            unlock(head);
            if (now->further > now->most_further)
                grow(now);
            return;
        }
        unlock(head);
    }
}

static void *fill(void *first)
{
    for (uint64_t i = (uint64_t)(uintptr_t)first; i < keys.count; i += THREADS) {
        struct entry *entry = must(malloc(sizeof *entry));
        *entry = (struct entry){keys_at(&keys, i), i};
        insert(entry);
    }
    return NULL;
}

static void delete_map(struct map *old)
{
    for (size_t i = 0; i < old->number; i++)
        for (struct bucket *b = old->buckets[i].further, *next; b != NULL; b = next) {
            next = b->further;
            free(b);
        }
    free(old->buckets);
    free(old);
}

/* All but one in 50; the last entry of a bucket takes the place. */
static void erase_most(void)
{
    for (size_t i = 0; i < map->number; i++)
        for (struct bucket *b = &map->buckets[i]; b != NULL; b = b->further)
            for (unsigned way = WAYS; way-- > 0;) {
                if (b->entries[way] == NULL || b->entries[way]->value % 50 == 0)
                    continue;
                unsigned last = WAYS - 1;
                while (b->entries[last] == NULL)
                    last--;
                free(b->entries[way]);
                b->entries[way] = b->entries[last];
                b->hashes[way] = b->hashes[last];
                b->entries[last] = NULL;
                b->hashes[last] = 0;
                map->buckets[i].sequence += 2;
            }
}

static uint64_t count(void)
{
    uint64_t entries = 0;
    for (size_t i = 0; i < map->number; i++)
        for (struct bucket *b = &map->buckets[i]; b != NULL; b = b->further)
            for (unsigned way = 0; way < WAYS; way++)
                entries += b->entries[way] != NULL;
    return entries;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = ENTRIES, .counts_nowhere = true};
    const bool is_hollow = argc > 1 && strcmp(argv[1], "hollow") == 0;
    pthread_t threads[THREADS];
    keys = keys_new("random", kind.entries);
    map = new_map(FIRST);
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, fill, (void *)i) != 0)
            abort();
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < growths; i++)
        delete_map(left_behind[i]);
    if (is_hollow)
        erase_most();
    HASHTRACK_SNAPSHOT("end");
    struct shape shape = {.address = map->buckets, .capacity = map->number * WAYS, .live = count()};
    if (!is_hollow && shape.live != kind.entries)
        return 1;
    table_truth(&kind, &shape, is_hollow ? "hollow" : "ok", "end", &keys, false);
    return 0;
}
