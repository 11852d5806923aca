/* Buckets behind a header that has their number, in one block; the object that points at it counts.
 * The end of each chain, and an empty bucket, is an odd number that names the bucket. */
#include "scenario.h"

struct link {
    struct link *next;
    uint64_t key, value;
};

struct buckets {
    uint32_t number, seed;
    struct buckets *future;
    struct link *first[];
};

struct index {
    struct buckets *buckets;
    uint32_t links, most;
};

static bool is_end(const struct link *link)
{
    return (uintptr_t)link & 1;
}

static struct buckets *new_buckets(uint32_t number)
{
    struct buckets *b = must(malloc(sizeof *b + number * sizeof b->first[0]));
    *b = (struct buckets){.number = number, .seed = 0x9747b28c};
    for (uint32_t i = 0; i < number; i++)
        b->first[i] = (struct link *)((uintptr_t)i << 1 | 1);
    return b;
}

static struct link **bucket_of(struct buckets *b, uint64_t key)
{
    uint64_t hash = (key ^ b->seed) * 0xc6a4a7935bd1e995ull;
    hash = (hash ^ hash >> 47) * 0xc6a4a7935bd1e995ull;
    return &b->first[hash >> 20 & (b->number - 1)];
}

static void *create(void)
{
    struct index *index = must(calloc(1, sizeof *index));
    index->buckets = new_buckets(64);
    index->most = 1u << 31;
    return index;
}

static void grow(struct index *index)
{
    struct buckets *old = index->buckets, *larger = new_buckets(2 * old->number);
    for (uint32_t i = 0; i < old->number; i++)
        for (struct link *link = old->first[i], *next; !is_end(link); link = next) {
            struct link **to = bucket_of(larger, link->key);
            next = link->next;
            link->next = *to;
            *to = link;
        }
    index->buckets = larger;
    free(old);
}

static struct link **seek(struct index *index, uint64_t key)
{
    struct link **at = bucket_of(index->buckets, key);
    while (!is_end(*at) && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct index *index = table;
    struct link **at = seek(index, key);
    if (!is_end(*at)) {
        (*at)->value = value;
        return;
    }
    if (index->links > index->buckets->number / 4 * 3)
        grow(index);
    at = bucket_of(index->buckets, key);
    struct link *link = must(malloc(sizeof *link));
    *link = (struct link){.next = *at, .key = key, .value = value};
    *at = link;
    index->links++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct link **at = seek(table, key);
    if (is_end(*at))
        return false;
    *value = (*at)->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct index *index = table;
    struct link **at = seek(index, key), *link = *at;
    if (is_end(link))
        return false;
    *at = link->next;
    free(link);
    index->links--;
    return true;
}

static void destroy(void *table)
{
    struct index *index = table;
    for (uint32_t i = 0; i < index->buckets->number; i++)
        for (struct link *link = index->buckets->first[i]; !is_end(link);) {
            struct link *next = link->next;
            free(link);
            link = next;
        }
    free(index->buckets);
    free(index);
}

static struct shape shape(const void *table)
{
    const struct index *index = table;
    return (struct shape){
        .address = index->buckets, .capacity = index->buckets->number, .live = index->links};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
