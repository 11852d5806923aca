/*
 * Groups of seven entries: a pointer to a further group, a byte of the hash for each entry and one
 * that is not used, then the keys, then the values. Further groups lie in blocks of their own, and
 * stay with their group when they are empty. The table has the logarithm of its groups in one byte,
 * and moves its entries while it is used, two groups at a time. An erased entry keeps its key.
 */
#include "scenario.h"

#define PLACES 7u
#define FULL   5u /* entries of a group, on average, before the table grows */

struct group {
    struct group *further;
    uint8_t marks[PLACES + 1]; /* 0: free; 1: was used */
    uint64_t keys[PLACES];
    struct {
        uint64_t value;
        const void *owner;
    } values[PLACES];
};

struct groups {
    const char *name;
    uint64_t entries;
    uint8_t is_moving, log2;
    uint16_t further;
    uint32_t seed, moved;
    struct group *first, *old;
};

static uint64_t hash(const struct groups *t, uint64_t key)
{
    unsigned __int128 product = (unsigned __int128)(key ^ t->seed) * 0x8ebc6af09c88c6e3u;
    uint64_t h = (uint64_t)product ^ (uint64_t)(product >> 64);
    return (h ^ h >> 31) * 0x589965cc75374cc3u;
}

static uint8_t mark_of(uint64_t h)
{
    uint8_t mark = (uint8_t)(h >> 40);
    return mark < 2 ? (uint8_t)(mark + 2) : mark;
}

static struct group *group_of(const struct groups *t, struct group *first, uint8_t log2, uint64_t h)
{
    (void)t;
    return &first[h & ((UINT64_C(1) << log2) - 1)];
}

static void put(struct groups *t, uint64_t h, uint64_t key, uint64_t value)
{
    struct group *group = group_of(t, t->first, t->log2, h);
    for (;; group = group->further) {
        for (unsigned i = 0; i < PLACES; i++)
            if (group->marks[i] < 2) {
                group->marks[i] = mark_of(h);
                group->keys[i] = key;
                group->values[i].value = value;
                group->values[i].owner = t;
                return;
            }
        if (!group->further) {
            group->further = must(calloc(1, sizeof *group));
            t->further++;
        }
    }
}

static void free_further(struct group *group)
{
    struct group *next;
    for (struct group *one = group->further; one; one = next) {
        next = one->further;
        free(one);
    }
    group->further = NULL;
}

static void move_group(struct groups *t)
{
    struct group *old = &t->old[t->moved++];
    for (struct group *group = old; group; group = group->further)
        for (unsigned i = 0; i < PLACES; i++)
            if (group->marks[i] >= 2)
                put(t, hash(t, group->keys[i]), group->keys[i], group->values[i].value);
    free_further(old);
    for (unsigned i = 0; i < PLACES; i++)
        old->marks[i] = 1;
    if (t->moved < 1u << (t->log2 - 1))
        return;
    free(t->old);
    t->old = NULL;
    t->is_moving = 0;
}

static void work(struct groups *t)
{
    for (int i = 0; i < 2 && t->is_moving; i++)
        move_group(t);
    if (t->is_moving || t->entries < (uint64_t)FULL << t->log2)
        return;
    t->old = t->first;
    t->log2++;
    t->first = must(calloc((size_t)1 << t->log2, sizeof(struct group)));
    t->is_moving = 1;
    t->moved = 0;
}

static void *create(void)
{
    struct groups *t = must(calloc(1, sizeof *t));
    t->name = "groups";
    t->seed = 0x3c6ef372;
    t->log2 = 1;
    t->first = must(calloc(2, sizeof(struct group)));
    return t;
}

static struct group *look_in(const struct groups *t, struct group *group, uint64_t key, uint64_t h,
                             unsigned *place)
{
    (void)t;
    for (; group; group = group->further)
        for (*place = 0; *place < PLACES; ++*place)
            if (group->marks[*place] == mark_of(h) && group->keys[*place] == key)
                return group;
    return NULL;
}

static struct group *lookup(const struct groups *t, uint64_t key, unsigned *place)
{
    uint64_t h = hash(t, key);
    struct group *group = look_in(t, group_of(t, t->first, t->log2, h), key, h, place);
    if (!group && t->is_moving)
        group = look_in(t, group_of(t, t->old, (uint8_t)(t->log2 - 1), h), key, h, place);
    return group;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct groups *t = table;
    unsigned place;
    struct group *known;
    work(t);
    known = lookup(t, key, &place);
    if (known) {
        known->values[place].value = value;
        return;
    }
    put(t, hash(t, key), key, value);
    t->entries++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    unsigned place;
    const struct group *group = lookup(table, key, &place);
    if (group)
        *value = group->values[place].value;
    return group != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct groups *t = table;
    unsigned place;
    struct group *group = lookup(t, key, &place);
    if (!group)
        return false;
    group->marks[place] = 1;
    group->values[place].value = 0;
    group->values[place].owner = NULL;
    t->entries--;
    work(t);
    return true;
}

static void destroy(void *table)
{
    struct groups *t = table;
    for (uint32_t i = 0; i < 1u << t->log2; i++)
        free_further(&t->first[i]);
    free(t->first);
    free(t->old);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct groups *t = table;
    return (struct shape){
        .address = t->first, .capacity = (uint64_t)PLACES << t->log2, .live = t->entries};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
