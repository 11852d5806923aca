/* A byte for each slot before the entries, in one block: bit 0 in use, bit 1 was in use, and what
 * the program notes besides. Quadratic probing; a rebuild counts anew; a grave keeps its entry. */
#include <string.h>

#include "scenario.h"

#define IN_USE 1u
#define GRAVE  2u

struct parcel {
    char code[16];
    uint64_t key, weight;
};

struct depot {
    uint8_t *flags; /* the block */
    struct parcel *parcels;
    uint64_t mask;
    uint32_t graves, parcels_here;
};

static void set_up(struct depot *d, uint64_t slots)
{
    d->flags = must(malloc(slots + slots * sizeof(struct parcel)));
    d->parcels = (struct parcel *)(d->flags + slots);
    memset(d->flags, 0, slots);
    d->mask = slots - 1;
    d->graves = d->parcels_here = 0;
}

static uint64_t seek(const struct depot *d, uint64_t key)
{
    uint64_t hash = key;
    for (int byte = 0; byte < 8; byte++)
        hash = (hash ^ (key >> 8 * byte & 0xff)) * 0x100000001b3ull;
    uint64_t at = (hash >> 17) & d->mask;
    for (uint64_t step = 1; d->flags[at] != 0; at = (at + step++) & d->mask)
        if (d->flags[at] & IN_USE && d->parcels[at].key == key)
            break;
    return at;
}

static void put(struct depot *d, const struct parcel *parcel)
{
    uint64_t at = seek(d, parcel->key);
    d->parcels_here += d->flags[at] == 0;
    d->flags[at] = IN_USE;
    d->parcels[at] = *parcel;
}

static void *create(void)
{
    struct depot *d = must(calloc(1, sizeof *d));
    set_up(d, 64);
    return d;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct depot *d = table, old = *d;
    if ((d->parcels_here + d->graves) * 4 > d->mask * 3) {
        set_up(d, (old.mask + 1) * (old.graves > old.parcels_here ? 1 : 2));
        for (uint64_t at = 0; at <= old.mask; at++)
            if (old.flags[at] & IN_USE)
                put(d, &old.parcels[at]);
        free(old.flags);
    }
    struct parcel parcel = {.weight = value, .key = key};
    for (unsigned i = 0; i < sizeof(parcel.code); i++)
        parcel.code[i] = (char)('A' + (key >> i * 5) % 26);
    put(d, &parcel);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct depot *d = table;
    uint64_t at = seek(d, key);
    *value = d->parcels[at].weight;
    return d->flags[at] & IN_USE;
}

static bool erase(void *table, uint64_t key)
{
    struct depot *d = table;
    uint64_t at = seek(d, key);
    if (!(d->flags[at] & IN_USE))
        return false;
    d->flags[at] = GRAVE;
    d->graves++;
    d->parcels_here--;
    return true;
}

static void destroy(void *table)
{
    struct depot *d = table;
    free(d->flags);
    free(d);
}

static struct shape shape(const void *table)
{
    const struct depot *d = table;
    return (struct shape){.address = d->flags, .capacity = d->mask + 1, .live = d->parcels_here};
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
