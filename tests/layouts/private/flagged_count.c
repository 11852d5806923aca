/*
 * Slots of a key and a value whose object keeps three flags in the low bits of the word that counts
 * its entries, as a bit field does: the whole word is eight times their number, and some. A deleted
 * key leaves a mark, and no value. It grows where three quarters are in use, to half as many slots
 * again.
 */
#include "scenario.h"

enum { FIRST_SLOTS = 24, ENTRIES = 60000 };

static const uint64_t free_key = 0, deleted_key = UINT64_MAX;

struct slot {
    uint64_t key, value;
};

struct registry {
    uint64_t is_fixed : 1, is_sorted : 1, is_owner : 1, used : 61;
    uint64_t slots, marks;
    struct slot *slot;
};

static uint64_t home_of(uint64_t key, uint64_t slots)
{
    key = (key ^ key >> 29) * 0xa0761d6478bd642fu;
    return (key ^ key >> 32) % slots;
}

static struct slot *find(const struct registry *registry, uint64_t key)
{
    uint64_t at = home_of(key, registry->slots);
    while (registry->slot[at].key != free_key && registry->slot[at].key != key)
        at = at + 1 == registry->slots ? 0 : at + 1;
    return &registry->slot[at];
}

static void grow(struct registry *registry)
{
    struct registry old = *registry;
    registry->slots += registry->slots / 2;
    registry->slot = must(calloc(registry->slots, sizeof *registry->slot));
    registry->marks = 0;
    for (uint64_t i = 0; i < old.slots; i++)
        if (old.slot[i].key != free_key && old.slot[i].key != deleted_key)
            *find(registry, old.slot[i].key) = old.slot[i];
    free(old.slot);
}

static void *registry_create(void)
{
    struct registry *registry = must(calloc(1, sizeof *registry));
    registry->is_owner = 1;
    registry->slots = FIRST_SLOTS;
    registry->slot = must(calloc(registry->slots, sizeof *registry->slot));
    return registry;
}

static void registry_insert(void *table, uint64_t key, uint64_t value)
{
    struct registry *registry = table;
    if ((registry->used + registry->marks) * 4 >= registry->slots * 3)
        grow(registry);
    struct slot *slot = find(registry, key);
    registry->used += slot->key == free_key;
    *slot = (struct slot){key, value};
}

static bool registry_find(void *table, uint64_t key, uint64_t *value)
{
    const struct slot *slot = find(table, key);
    *value = slot->value;
    return slot->key == key;
}

static bool registry_erase(void *table, uint64_t key)
{
    struct registry *registry = table;
    struct slot *slot = find(registry, key);
    if (slot->key != key)
        return false;
    *slot = (struct slot){.key = deleted_key};
    registry->used--;
    registry->marks++;
    return true;
}

static void registry_destroy(void *table)
{
    struct registry *registry = table;
    free(registry->slot);
    free(registry);
}

static struct shape registry_shape(const void *table)
{
    const struct registry *registry = table;
    return (struct shape){.address = registry->slot,
                          .capacity = registry->slots,
                          .live = registry->used,
                          .tombstones = registry->marks};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = ENTRIES,
        .leaves_tombstones = true,
        .hides_shape = true,
        .create = registry_create,
        .insert = registry_insert,
        .find = registry_find,
        .erase = registry_erase,
        .destroy = registry_destroy,
        .shape = registry_shape,
    };
    return run_scenario(argc, argv, &kind);
}
