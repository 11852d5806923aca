/*
 * Tables that lie in memory and grow as those of tommyds do, which Debian does not package: written
 * anew from a description of tommyds 2.2 and 3.0. See scenarios.h. Kinds: dynamic, fixed
 * (tommy_hashdyn and tommy_hashtable with the 64-bit numbers of tommyds 3), dynamic32, fixed32
 * (with the 32-bit numbers of tommyds 2).
 */
#include "scenarios.h"

#define BUCKETS_MIN 16u
#define ENTRIES     300000u

struct node {
    struct node *next;
    struct node *previous; /* of the first one of a bucket: the last one */
    void *data;
    uint64_t hash; /* 32 bits and padding in tommyds 2 */
};

struct entry {
    char name[24]; /* the node lies inside the program's own objects */
    struct node node;
};
static struct entry *entries;

/* The objects as the two versions have them. Nobody here reads them: volatile, or the compiler
 * would leave them out. */
static volatile union {
    struct {
        struct node **buckets;
        uint64_t capacity, mask, count;
        uint32_t exponent; /* of a dynamic one */
    } wide;
    struct {
        struct node **buckets;
        uint32_t exponent, capacity, mask, count;
    } narrow_dynamic;
    struct {
        struct node **buckets;
        uint32_t capacity, mask, count;
    } narrow_fixed;
} object;

static bool dynamic, narrow;
static struct node **buckets;
static uint64_t capacity_now, count_now;

static void store_object(void)
{
    uint32_t capacity = (uint32_t)capacity_now, count = (uint32_t)count_now;
    uint32_t exponent = (uint32_t)__builtin_ctzll(capacity_now);
    object.wide.buckets = buckets;
    if (!narrow) {
        object.wide.capacity = capacity_now;
        object.wide.mask = capacity_now - 1;
        object.wide.count = count_now;
        object.wide.exponent = exponent;
    } else if (dynamic) {
        object.narrow_dynamic.exponent = exponent;
        object.narrow_dynamic.capacity = capacity;
        object.narrow_dynamic.mask = capacity - 1;
        object.narrow_dynamic.count = count;
    } else {
        object.narrow_fixed.capacity = capacity;
        object.narrow_fixed.mask = capacity - 1;
        object.narrow_fixed.count = count;
    }
}

static void append(struct node **bucket, struct node *node)
{
    node->next = NULL;
    if (*bucket == NULL) {
        node->previous = node;
        *bucket = node;
    } else {
        node->previous = (*bucket)->previous;
        (*bucket)->previous->next = node;
        (*bucket)->previous = node;
    }
}

static struct node **new_buckets(uint64_t capacity)
{
    struct node **fresh = calloc(capacity, sizeof(*fresh));
    if (fresh == NULL)
        abort();
    return fresh;
}

static void resize(uint64_t capacity)
{
    struct node **fresh = new_buckets(capacity);
    for (uint64_t i = 0; i < capacity_now; i++)
        for (struct node *node = buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            append(&fresh[node->hash & (capacity - 1)], node);
        }
    free(buckets);
    buckets = fresh;
    capacity_now = capacity;
}

static void create_with(uint64_t capacity)
{
    capacity_now = BUCKETS_MIN;
    while (capacity_now < capacity)
        capacity_now *= 2;
    count_now = 0;
    if (entries == NULL)
        entries = calloc(2 * ENTRIES, sizeof(*entries));
    if (entries == NULL)
        abort();
    buckets = new_buckets(capacity_now);
    store_object();
}

static void create(uint64_t expected)
{
    (void)expected;
    create_with(dynamic ? BUCKETS_MIN : ENTRIES);
}

static void insert(uint64_t key)
{
    struct node *node = &entries[key].node;
    node->data = &entries[key];
    node->hash = (uint32_t)(key * 2654435761u >> 7);
    append(&buckets[node->hash & (capacity_now - 1)], node);
    count_now++;
    if (dynamic && count_now >= capacity_now / 2)
        resize(capacity_now * 2);
    store_object();
}

static void erase(uint64_t key)
{
    struct node *node = &entries[key].node;
    struct node **bucket = &buckets[node->hash & (capacity_now - 1)];
    if (node->next != NULL)
        node->next->previous = node->previous;
    else
        (*bucket)->previous = node->previous;
    if (*bucket == node)
        *bucket = node->next;
    else
        node->previous->next = node->next;
    count_now--;
    if (dynamic && count_now <= capacity_now / 8 && capacity_now > BUCKETS_MIN)
        resize(capacity_now / 2);
    store_object();
}

static void destroy(void)
{
    free(buckets);
}

static const void *address(void)
{
    return buckets;
}

static uint64_t capacity(void)
{
    return capacity_now;
}

static uint64_t live(void)
{
    return count_now;
}

static uint64_t bytes(void)
{
    return capacity_now * sizeof(*buckets);
}

static void fix(uint64_t live)
{
    destroy();
    create_with(live);
    subject_fill(&(struct subject){.insert = insert}, live);
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {1, 16, 17, 1000, 20000, UINT64_MAX};
    const char *kind = argc > 2 ? argv[2] : "dynamic";
    dynamic = strncmp(kind, "dynamic", 7) == 0;
    narrow = strstr(kind, "32") != NULL;
    const struct subject subject = {
        .implementation = dynamic ? "tommy_hashdyn" : "tommy_hashtable",
        .entries = ENTRIES,
        .shrinks = dynamic,
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
