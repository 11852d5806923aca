/* Heads in segments of which each is as large as all before it, so that the highest bit of a
 * bucket's number says which segment it is in, and no head ever moves. The pointers to the segments
 * are members of the table's object. The first two have as many heads, or the first of all are
 * members of the object, too (EMBEDDED), in which case they are in no block of their own. Or each
 * pointer is in a descriptor of its segment (DESCRIBED): that is no directory that anybody looks
 * for, and no segment may be called a table by itself then. Or a bucket of a new segment is marked,
 * and gets its entries from the older one when it is first asked for (LAZY). */
#include "scenario.h"

#define FIRST_SHIFT   10
#define MOST_SEGMENTS 24

struct node {
    struct node *next;
    uint64_t key;
    uint64_t value;
};

struct table {
    size_t count, mask;
#ifdef EMBEDDED
    struct node *few[1 << FIRST_SHIFT];
#endif
    struct {
        struct node **heads;
#ifdef DESCRIBED
        size_t number, splits, reads, writes;
#endif
    } segments[MOST_SEGMENTS];
};

static uint64_t hash_of(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 33;
}

static unsigned segment_of(size_t bucket)
{
    return bucket >> FIRST_SHIFT == 0 ? 0 : 64 - FIRST_SHIFT - (unsigned)__builtin_clzll(bucket);
}

static size_t heads_in(unsigned segment)
{
    return (size_t)1 << (FIRST_SHIFT + (segment > 0 ? segment - 1 : 0));
}

static struct node **head_of(struct table *t, size_t bucket)
{
    unsigned segment = segment_of(bucket);
    return &t->segments[segment].heads[segment > 0 ? bucket - heads_in(segment) : bucket];
}

static void add_segment(struct table *t, unsigned segment)
{
    t->segments[segment].heads = must(calloc(heads_in(segment), sizeof(struct node *)));
#ifdef DESCRIBED
    t->segments[segment].number = heads_in(segment);
#endif
}

static void *create(void)
{
    struct table *t = must(calloc(1, sizeof *t));
    t->mask = ((size_t)1 << FIRST_SHIFT) - 1;
#ifdef EMBEDDED
    t->segments[0].heads = t->few;
#else
    add_segment(t, 0);
#endif
    return t;
}

static struct node unsplit; /* leads to it: the bucket's entries are in the older one yet */

/* Moves what belongs into the bucket of the segment that begins with `first`. */
static void split(struct table *t, size_t bucket, size_t first)
{
    struct node **from = head_of(t, bucket - first), **to = head_of(t, bucket);
    *to = NULL;
    while (*from) {
        struct node *node = *from;
        if ((hash_of(node->key) & (2 * first - 1)) == bucket) {
            *from = node->next;
            node->next = *to;
            *to = node;
        } else {
            from = &node->next;
        }
    }
}

/* The bucket with all its entries in it. */
static struct node **whole_of(struct table *t, size_t bucket)
{
    struct node **head = head_of(t, bucket);
    if (*head == &unsplit) {
        size_t first = heads_in(segment_of(bucket));
        whole_of(t, bucket - first);
        split(t, bucket, first);
    }
    return head;
}

static void grow(struct table *t)
{
    size_t old = t->mask + 1;
    add_segment(t, segment_of(old));
    t->mask = 2 * old - 1;
    for (size_t bucket = old; bucket <= t->mask; bucket++) {
#ifdef LAZY
        *head_of(t, bucket) = &unsplit;
#else
        split(t, bucket, old);
#endif
    }
}

static struct node **find_node(struct table *t, uint64_t key)
{
    struct node **at = whole_of(t, hash_of(key) & t->mask);
    while (*at && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct table *t = table;
    struct node **at = find_node(t, key);
    if (*at) {
        (*at)->value = value;
        return;
    }
    struct node *node = must(malloc(sizeof *node));
    *node = (struct node){.key = key, .value = value};
    *at = node;
    if (++t->count > t->mask)
        grow(t);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct node *node = *find_node(table, key);
    if (node)
        *value = node->value;
    return node != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct table *t = table;
    struct node **at = find_node(t, key), *node = *at;
    if (!node)
        return false;
    *at = node->next;
    free(node);
    t->count--;
    return true;
}

static void destroy(void *table)
{
    struct table *t = table;
    for (size_t bucket = 0; bucket <= t->mask; bucket++)
        for (struct node *node = *head_of(t, bucket), *next; node && node != &unsplit;
             node = next) {
            next = node->next;
            free(node);
        }
    for (unsigned i = 0; i < MOST_SEGMENTS; i++)
#ifdef EMBEDDED
        if (i > 0)
#endif
            free(t->segments[i].heads);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct table *t = table;
    unsigned last = segment_of(t->mask);
    return (struct shape){.address = t->segments[last].heads,
                          .others = {t->segments[last - 1].heads, t->segments[last - 2].heads},
                          .capacity = t->mask + 1,
                          .live = t->count};
}

#ifndef ENTRIES
#define ENTRIES 200000
#endif

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = ENTRIES,
                                              .never_grows = true, /* no array does */
#ifdef DESCRIBED
                                              .counts_nowhere = true,
#endif
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
