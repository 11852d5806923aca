/*
 * Slots of a key, a value, and a list of other values, which many keys do not have: nodes of three
 * words, as large as a slot and laid out as one. The table counts its keys, and nothing else. They
 * are its entries, though the slots look like the first entries of chains.
 */
#include "scenario.h"

enum { FIRST_SLOTS = 64, ENTRIES = 60000, OTHERS_OF = 3 };

struct value {
    uint64_t kind, value;
    struct value *next;
};

struct slot {
    uint64_t key, value;
    struct value *others;
};

struct listing {
    struct slot *slots;
    uint64_t number, keys;
};

static uint64_t home_of(uint64_t key, uint64_t number)
{
    key = (key ^ key >> 30) * 0xe7037ed1a0b428dbu;
    return (key ^ key >> 33) & (number - 1);
}

static struct slot *look_up(const struct listing *listing, uint64_t key)
{
    uint64_t at = home_of(key, listing->number);
    while (listing->slots[at].key != 0 && listing->slots[at].key != key)
        at = (at + 1) & (listing->number - 1);
    return &listing->slots[at];
}

static void grow(struct listing *listing)
{
    struct listing old = *listing;
    listing->number *= 2;
    listing->slots = must(calloc(listing->number, sizeof *listing->slots));
    for (uint64_t i = 0; i < old.number; i++)
        if (old.slots[i].key != 0)
            *look_up(listing, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

static void *listing_create(void)
{
    struct listing *listing = must(calloc(1, sizeof *listing));
    listing->number = FIRST_SLOTS;
    listing->slots = must(calloc(FIRST_SLOTS, sizeof *listing->slots));
    return listing;
}

static void drop_others(struct slot *slot)
{
    while (slot->others) {
        struct value *next = slot->others->next;
        free(slot->others);
        slot->others = next;
    }
}

static void listing_insert(void *table, uint64_t key, uint64_t value)
{
    struct listing *listing = table;
    if (listing->keys * 3 >= listing->number * 2)
        grow(listing);
    struct slot *slot = look_up(listing, key);
    listing->keys += slot->key == 0;
    slot->key = key;
    slot->value = value;
    drop_others(slot);
    for (uint64_t i = 0; i < home_of(key, UINT64_C(1) << 40) % OTHERS_OF; i++) {
        struct value *node = must(malloc(sizeof *node));
        *node = (struct value){i + 1, value + i, slot->others};
        slot->others = node;
    }
}

static bool listing_find(void *table, uint64_t key, uint64_t *value)
{
    const struct slot *slot = look_up(table, key);
    *value = slot->value;
    return slot->key == key;
}

static bool listing_erase(void *table, uint64_t key)
{
    struct listing *listing = table;
    struct slot *slot = look_up(listing, key);
    if (slot->key != key)
        return false;
    drop_others(slot);
    uint64_t mask = listing->number - 1, hole = (uint64_t)(slot - listing->slots);
    for (uint64_t at = hole; at = (at + 1) & mask, listing->slots[at].key != 0;)
        if (((at - home_of(listing->slots[at].key, listing->number)) & mask) >=
            ((at - hole) & mask)) {
            listing->slots[hole] = listing->slots[at];
            hole = at;
        }
    listing->slots[hole] = (struct slot){0};
    listing->keys--;
    return true;
}

static void listing_destroy(void *table)
{
    struct listing *listing = table;
    for (uint64_t i = 0; i < listing->number; i++)
        drop_others(&listing->slots[i]);
    free(listing->slots);
    free(listing);
}

static struct shape listing_shape(const void *table)
{
    const struct listing *listing = table;
    return (struct shape){
        .address = listing->slots, .capacity = listing->number, .live = listing->keys};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = ENTRIES,
        .create = listing_create,
        .insert = listing_insert,
        .find = listing_find,
        .erase = listing_erase,
        .destroy = listing_destroy,
        .shape = listing_shape,
    };
    return run_scenario(argc, argv, &kind);
}
