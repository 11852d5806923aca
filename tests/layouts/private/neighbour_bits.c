/* Hopscotch hashing laid out as a well-known library's: a word of bits in front of each entry (one
 * for "occupied", the others for the 62 slots from here on), as many spare slots behind the last
 * home as a neighbourhood is long; but the object is the program's own, and erasing leaves the
 * entry where it was. */
#include "scenario.h"

#define HOOD     62u
#define OCCUPIED 1u
#define FIRST    2u /* bit of the slot itself; bit 1 is not used */
#define SHARE    7u /* of eight slots, before it grows */

struct spot {
    uint64_t bits;
    uint64_t key;
    uint64_t value;
};

struct spots {
    uint32_t shift; /* 64 less the bits of the number of homes */
    uint32_t last_growth;
    struct spot *array;
    size_t used;
};

static size_t homes(const struct spots *t)
{
    return (size_t)1 << (64 - t->shift);
}

static size_t home(const struct spots *t, uint64_t key)
{
    key ^= key >> 31;
    return key * 0xd6e8feb86659fd93u >> t->shift;
}

static size_t slots(const struct spots *t)
{
    return homes(t) + HOOD - 1;
}

static struct spot *lookup(const struct spots *t, uint64_t key, size_t *base)
{
    *base = home(t, key);
    struct spot *spot = t->array + *base;
    for (uint64_t bits = spot->bits >> FIRST; bits != 0; bits >>= 1, spot++)
        if (bits & 1 && spot->key == key)
            return spot;
    return NULL;
}

/* Moves an entry from before the hole into it; false: none may leave its neighbourhood. */
static bool move_hole(struct spots *t, size_t *hole)
{
    size_t from = *hole >= HOOD - 1 ? *hole - (HOOD - 1) : 0;
    for (size_t base = from; base < *hole; base++)
        for (size_t at = base; at < *hole; at++) {
            if (!(t->array[base].bits >> (FIRST + at - base) & 1))
                continue;
            t->array[*hole].key = t->array[at].key;
            t->array[*hole].value = t->array[at].value;
            t->array[*hole].bits |= OCCUPIED;
            t->array[at].bits &= ~(uint64_t)OCCUPIED;
            t->array[base].bits ^= (uint64_t)1 << (FIRST + at - base);
            t->array[base].bits ^= (uint64_t)1 << (FIRST + *hole - base);
            *hole = at;
            return true;
        }
    return false;
}

static bool place_entry(struct spots *t, uint64_t key, uint64_t value)
{
    size_t base = home(t, key), hole = base;
    while (hole < slots(t) && t->array[hole].bits & OCCUPIED)
        hole++;
    if (hole == slots(t))
        return false;
    while (hole - base >= HOOD)
        if (!move_hole(t, &hole))
            return false;
    t->array[hole].key = key;
    t->array[hole].value = value;
    t->array[hole].bits |= OCCUPIED;
    t->array[base].bits |= (uint64_t)1 << (FIRST + hole - base);
    return true;
}

static void grow(struct spots *t)
{
    struct spots next = {.shift = t->shift - 1, .last_growth = t->last_growth + 1, .used = t->used};
    next.array = must(calloc(slots(&next), sizeof(struct spot)));
    for (size_t i = 0; i < slots(t); i++)
        while (t->array[i].bits & OCCUPIED &&
               !place_entry(&next, t->array[i].key, t->array[i].value))
            abort(); /* at less than half a load there is room */
    free(t->array);
    *t = next;
}

static void *create(void)
{
    struct spots *t = must(malloc(sizeof *t));
    *t = (struct spots){.shift = 64 - 6};
    t->array = must(calloc(slots(t), sizeof(struct spot)));
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct spots *t = table;
    size_t base;
    struct spot *known = lookup(t, key, &base);
    if (known != NULL) {
        known->value = value;
        return;
    }
    while (t->used * 8 >= homes(t) * SHARE || !place_entry(t, key, value))
        grow(t);
    t->used++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    size_t base;
    struct spot *spot = lookup(table, key, &base);
    if (spot != NULL)
        *value = spot->value;
    return spot != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct spots *t = table;
    size_t base;
    struct spot *spot = lookup(t, key, &base);
    if (spot == NULL)
        return false;
    spot->bits &= ~(uint64_t)OCCUPIED;
    t->array[base].bits &= ~((uint64_t)1 << (FIRST + (size_t)(spot - t->array) - base));
    t->used--;
    return true;
}

static void destroy(void *table)
{
    free(((struct spots *)table)->array);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct spots *t = table;
    return (struct shape){.address = t->array, .capacity = homes(t), .live = t->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 190000,
                                              .alike = "tsl::hopscotch_map",
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
