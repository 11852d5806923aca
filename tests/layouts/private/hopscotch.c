/* Hopscotch hashing (Herlihy, Shavit, Tzafrir 2008): each slot knows which of its 32 followers are
 * its own. */
#include "scenario.h"

#define HOOD  32u   /* an entry is less than so far from its home */
#define REACH 1024u /* how far a free slot is looked for */

struct place {
    uint32_t hop; /* bit d: the entry at distance d has its home here */
    uint32_t pad;
    uint64_t key; /* 0: free */
    uint64_t value;
};

struct hopscotch {
    struct place *places;
    size_t mask;
    size_t count;
};

static size_t home(const struct hopscotch *h, uint64_t key)
{
    key *= 0xff51afd7ed558ccdu;
    return (key ^ (key >> 33)) & h->mask;
}

static struct place *at(const struct hopscotch *h, size_t index)
{
    return &h->places[index & h->mask];
}

static struct place *lookup(const struct hopscotch *h, uint64_t key)
{
    size_t base = home(h, key);
    for (uint32_t hop = at(h, base)->hop; hop != 0; hop &= hop - 1) {
        struct place *place = at(h, base + (size_t)__builtin_ctz(hop));
        if (place->key == key)
            return place;
    }
    return NULL;
}

/* Moves some entry from before `hole` into it; the hole is then nearer to home. */
static bool move_hole(struct hopscotch *h, size_t *hole)
{
    for (size_t distance = HOOD - 1; distance > 0; distance--) {
        size_t base = *hole - distance;
        uint32_t nearer = at(h, base)->hop & ((1u << distance) - 1);
        if (nearer == 0)
            continue;
        unsigned from = (unsigned)__builtin_ctz(nearer);
        struct place *source = at(h, base + from);
        at(h, *hole)->key = source->key;
        at(h, *hole)->value = source->value;
        source->key = source->value = 0;
        at(h, base)->hop ^= 1u << from | 1u << distance;
        *hole = base + from;
        return true;
    }
    return false;
}

static bool place_entry(struct hopscotch *h, uint64_t key, uint64_t value)
{
    size_t base = home(h, key), hole = base;
    while (at(h, hole)->key != 0) {
        if (++hole - base == REACH)
            return false;
    }
    while (hole - base >= HOOD) {
        if (!move_hole(h, &hole))
            return false;
    }
    at(h, hole)->key = key;
    at(h, hole)->value = value;
    at(h, base)->hop |= 1u << (hole - base);
    return true;
}

static void grow(struct hopscotch *h)
{
    struct hopscotch next = {.mask = h->mask * 2 + 1, .count = h->count};
    next.places = must(calloc(next.mask + 1, sizeof(struct place)));
    for (size_t i = 0; i <= h->mask; i++) {
        struct place *place = &h->places[i];
        while (place->key != 0 && !place_entry(&next, place->key, place->value))
            grow(&next);
    }
    free(h->places);
    *h = next;
}

static void *create(void)
{
    struct hopscotch *h = must(malloc(sizeof *h));
    *h = (struct hopscotch){.places = must(calloc(2048, sizeof(struct place))), .mask = 2047};
    return h;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct hopscotch *h = table;
    struct place *known = lookup(h, key);
    if (known != NULL) {
        known->value = value;
        return;
    }
    while (h->count * 10 >= (h->mask + 1) * 8 || !place_entry(h, key, value))
        grow(h);
    h->count++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct place *place = lookup(table, key);
    if (place != NULL)
        *value = place->value;
    return place != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct hopscotch *h = table;
    struct place *place = lookup(h, key);
    if (place == NULL)
        return false;
    size_t base = home(h, key), distance = ((size_t)(place - h->places) - base) & h->mask;
    at(h, base)->hop &= ~(1u << distance);
    place->key = place->value = 0;
    h->count--;
    return true;
}

static void destroy(void *table)
{
    free(((struct hopscotch *)table)->places);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct hopscotch *h = table;
    return (struct shape){.address = h->places, .capacity = h->mask + 1, .live = h->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 230000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
