/*
 * Pointers to entries in a prime number of slots, and their hashes beside them. Each prime is a
 * little more than six times a power of two, of which the object keeps the exponent, as the number
 * of its prime, and nothing else of its size.
 */
#include "scenario.h"

struct entry {
    uint64_t key, value;
    struct entry *next, **link; /* all of them, in the order of their coming */
};

struct registry {
    struct entry **entries;
    uint32_t *hashes; /* 0: nothing in the slot */
    struct entry *first, **last;
    uint32_t which, count;
};

static const uint32_t primes[] = {7,    13,   29,    53,    97,    193,   389,    769,   1543,
                                  3079, 6151, 12289, 24593, 49157, 98317, 196613, 393241};

static uint32_t slots_of(const struct registry *registry)
{
    return primes[registry->which];
}

static uint32_t hash_of(uint64_t key)
{
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(key ^ key >> 31) | 1;
}

static void allocate(struct registry *registry)
{
    registry->entries = must(calloc(slots_of(registry), sizeof *registry->entries));
    registry->hashes = must(calloc(slots_of(registry), sizeof *registry->hashes));
}

/* The slot of the key, or the free one where it would be. */
static uint32_t slot_of(const struct registry *registry, uint64_t key)
{
    uint32_t hash = hash_of(key), slot = hash % slots_of(registry);
    while (registry->hashes[slot] != 0 &&
           (registry->hashes[slot] != hash || registry->entries[slot]->key != key))
        slot = (slot + 1) % slots_of(registry);
    return slot;
}

static void put(struct registry *registry, struct entry *entry)
{
    uint32_t slot = slot_of(registry, entry->key);
    registry->entries[slot] = entry;
    registry->hashes[slot] = hash_of(entry->key);
    registry->count++;
}

static void grow(struct registry *registry)
{
    struct entry **entries = registry->entries;
    uint32_t *hashes = registry->hashes, before = slots_of(registry);
    registry->which++;
    registry->count = 0;
    allocate(registry);
    for (uint32_t i = 0; i < before; i++)
        if (hashes[i] != 0)
            put(registry, entries[i]);
    free(entries);
    free(hashes);
}

static void *create(void)
{
    struct registry *registry = must(calloc(1, sizeof *registry));
    registry->last = &registry->first;
    allocate(registry);
    return registry;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct registry *registry = table;
    uint32_t slot = slot_of(registry, key);
    if (registry->hashes[slot] != 0) {
        registry->entries[slot]->value = value;
        return;
    }
    if (registry->count + 1 > slots_of(registry) / 4 * 3)
        grow(registry);
    struct entry *entry = must(malloc(sizeof *entry));
    *entry = (struct entry){.key = key, .value = value, .link = registry->last};
    *registry->last = entry;
    registry->last = &entry->next;
    put(registry, entry);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct registry *registry = table;
    uint32_t slot = slot_of(registry, key);
    if (registry->hashes[slot] != 0)
        *value = registry->entries[slot]->value;
    return registry->hashes[slot] != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct registry *registry = table;
    uint32_t hole = slot_of(registry, key), slots = slots_of(registry);
    struct entry *entry = registry->entries[hole];
    if (registry->hashes[hole] == 0)
        return false;
    for (uint32_t next = (hole + 1) % slots; registry->hashes[next] != 0;
         next = (next + 1) % slots) {
        uint32_t home = registry->hashes[next] % slots;
        if ((next + slots - home) % slots < (next + slots - hole) % slots)
            continue;
        registry->hashes[hole] = registry->hashes[next];
        registry->entries[hole] = registry->entries[next];
        hole = next;
    }
    registry->hashes[hole] = 0;
    registry->entries[hole] = NULL;
    registry->count--;
    *entry->link = entry->next;
    if (entry->next != NULL)
        entry->next->link = entry->link;
    else
        registry->last = entry->link;
    free(entry);
    return true;
}

static void destroy(void *table)
{
    struct registry *registry = table;
    for (struct entry *entry = registry->first, *next; entry != NULL; entry = next) {
        next = entry->next;
        free(entry);
    }
    free(registry->entries);
    free(registry->hashes);
    free(registry);
}

static struct shape shape(const void *table)
{
    const struct registry *registry = table;
    return (struct shape){.address = registry->entries,
                          .others = {registry->hashes},
                          .capacity = slots_of(registry),
                          .live = registry->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 130000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
