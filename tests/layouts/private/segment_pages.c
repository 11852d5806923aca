/* Linear hashing as a database's server has it: a directory of segments of 512 heads, which is made
 * larger by realloc and of which each word leads to a segment; one bucket is split at a time, and
 * the buckets that a hash may name are told by two masks. Entries keep their hash, and the
 * directory is the only thing that is ever replaced. Heads that are not in use yet are part of the
 * capacity: they are what it costs. */
#include "scenario.h"

#define SEGMENT_SHIFT 9
#define SEGMENT_HEADS (1u << SEGMENT_SHIFT)

struct element {
    struct element *link;
    uint32_t hash;
    uint32_t pins;
    uint64_t key;
    uint64_t value;
};

struct table {
    struct element ***directory;
    uint32_t room, segments;
    uint32_t last; /* bucket */
    uint32_t high_mask, low_mask;
    size_t entries;
};

static uint32_t hash_of(uint64_t key)
{
    key ^= key >> 32;
    key *= 0xd6e8feb86659fd93u;
    key ^= key >> 32;
    key *= 0xd6e8feb86659fd93u;
    return (uint32_t)(key ^ key >> 32);
}

static struct element **head_of(const struct table *t, uint32_t bucket)
{
    return &t->directory[bucket >> SEGMENT_SHIFT][bucket & (SEGMENT_HEADS - 1)];
}

static uint32_t bucket_of(const struct table *t, uint32_t hash)
{
    uint32_t bucket = hash & t->high_mask;
    return bucket > t->last ? hash & t->low_mask : bucket;
}

static void add_segment(struct table *t)
{
    if (t->segments == t->room) {
        t->room *= 2;
        t->directory = must(realloc(t->directory, t->room * sizeof *t->directory));
    }
    t->directory[t->segments++] = must(calloc(SEGMENT_HEADS, sizeof **t->directory));
}

static void *create(void)
{
    struct table *t = must(calloc(1, sizeof *t));
    t->room = 16;
    t->directory = must(calloc(t->room, sizeof *t->directory));
    t->last = t->low_mask = SEGMENT_HEADS - 1;
    t->high_mask = 2 * SEGMENT_HEADS - 1;
    add_segment(t);
    return t;
}

static void split_one(struct table *t)
{
    uint32_t bucket = ++t->last;
    if (bucket >> SEGMENT_SHIFT == t->segments)
        add_segment(t);
    struct element **from = head_of(t, bucket & t->low_mask), **to = head_of(t, bucket);
    if (bucket > t->high_mask) {
        t->low_mask = t->high_mask;
        t->high_mask = bucket | t->low_mask;
        from = head_of(t, bucket & t->low_mask);
    }
    while (*from) {
        struct element *element = *from;
        if (bucket_of(t, element->hash) == bucket) {
            *from = element->link;
            element->link = *to;
            *to = element;
        } else {
            from = &element->link;
        }
    }
}

static struct element **find_element(const struct table *t, uint64_t key)
{
    struct element **at = head_of(t, bucket_of(t, hash_of(key)));
    while (*at && (*at)->key != key)
        at = &(*at)->link;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct table *t = table;
    struct element **at = find_element(t, key);
    if (*at) {
        (*at)->value = value;
        return;
    }
    if (++t->entries > t->last)
        split_one(t);
    struct element *element = must(malloc(sizeof *element));
    *element = (struct element){.hash = hash_of(key), .key = key, .value = value};
    at = head_of(t, bucket_of(t, element->hash));
    element->link = *at;
    *at = element;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct element *element = *find_element(table, key);
    if (element)
        *value = element->value;
    return element != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct table *t = table;
    struct element **at = find_element(t, key), *element = *at;
    if (!element)
        return false;
    *at = element->link;
    free(element);
    t->entries--;
    return true;
}

static void destroy(void *table)
{
    struct table *t = table;
    for (uint32_t bucket = 0; bucket <= t->last; bucket++)
        for (struct element *element = *head_of(t, bucket), *next; element; element = next) {
            next = element->link;
            free(element);
        }
    for (uint32_t i = 0; i < t->segments; i++)
        free(t->directory[i]);
    free(t->directory);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct table *t = table;
    return (struct shape){.address = t->directory[0],
                          .others = {t->directory[1], t->directory[t->segments - 1]},
                          .capacity = (uint64_t)t->segments * SEGMENT_HEADS,
                          .live = t->entries};
}

/* How far it is grown: by default into the middle of a round. */
#ifndef ENTRIES
#define ENTRIES 400000
#endif

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = ENTRIES,
                                              .never_grows = true, /* no array does */
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
