/*
 * Numbers of entries that begin behind those of the marks, 0 for a free slot and 1 for an erased
 * one. The entries lie in an array of their own. Both arrays begin with words of a collector.
 */
#include <string.h>

#include "scenario.h"

#define SLOTS  131072u
#define FREE   0u
#define ERASED 1u
#define FIRST  2u

struct item {
    uint64_t key, value;
    uint64_t hash;
    bool is_valid;
};

struct items {
    uint64_t type, room;
    struct item at[];
};

struct places {
    uint64_t type, length;
    uint32_t at[];
};

struct mapping {
    uint64_t type;
    uint64_t valid_items, used_items;
    struct places *places;
    struct items *items;
};

static uint64_t hash_of(uint64_t key)
{
    key ^= key >> 31;
    key *= 0x7fb5d329728ea185ull;
    key ^= key >> 27;
    key *= 0x81dadef4bc2dd44dull;
    return key ^ key >> 33;
}

static void make_room(struct mapping *mapping)
{
    uint64_t room = mapping->items ? mapping->items->room : 0;
    if (mapping->used_items < room)
        return;
    room += room / 8 + 6;
    mapping->items =
        must(realloc(mapping->items, sizeof(struct items) + room * sizeof(struct item)));
    mapping->items->type = 3;
    mapping->items->room = room;
}

static void *create(void)
{
    struct mapping *mapping = must(calloc(1, sizeof(*mapping)));
    mapping->places = must(calloc(1, sizeof(struct places) + SLOTS * sizeof(uint32_t)));
    mapping->places->length = SLOTS;
    make_room(mapping);
    return mapping;
}

/* The slot of the key, or SLOTS; where it may be put is noted. */
static uint64_t seek(const struct mapping *mapping, uint64_t key, uint64_t *free)
{
    uint64_t hash = hash_of(key), at = hash % SLOTS, rest = hash;
    *free = SLOTS;
    for (;; rest >>= 5, at = (5 * at + rest + 1) % SLOTS) {
        uint32_t number = mapping->places->at[at];
        if (number < FIRST && *free == SLOTS)
            *free = at;
        if (number == FREE)
            return SLOTS;
        if (number >= FIRST && mapping->items->at[number - FIRST].key == key)
            return at;
    }
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct mapping *mapping = table;
    uint64_t free, at = seek(mapping, key, &free);
    if (at != SLOTS) {
        mapping->items->at[mapping->places->at[at] - FIRST].value = value;
        return;
    }
    make_room(mapping);
    mapping->places->at[free] = (uint32_t)mapping->used_items + FIRST;
    mapping->items->at[mapping->used_items++] =
        (struct item){.key = key, .value = value, .hash = hash_of(key), .is_valid = true};
    mapping->valid_items++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct mapping *mapping = table;
    uint64_t free, at = seek(mapping, key, &free);
    if (at == SLOTS)
        return false;
    *value = mapping->items->at[mapping->places->at[at] - FIRST].value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct mapping *mapping = table;
    uint64_t free, at = seek(mapping, key, &free);
    if (at == SLOTS)
        return false;
    memset(&mapping->items->at[mapping->places->at[at] - FIRST], 0, sizeof(struct item));
    mapping->places->at[at] = ERASED;
    mapping->valid_items--;
    return true;
}

static void destroy(void *table)
{
    struct mapping *mapping = table;
    free(mapping->places);
    free(mapping->items);
    free(mapping);
}

static struct shape shape(const void *table)
{
    const struct mapping *mapping = table;
    uint64_t erased = 0;
    for (uint32_t at = 0; at < SLOTS; at++)
        erased += mapping->places->at[at] == ERASED;
    return (struct shape){.address = mapping->places,
                          .others = {mapping->items},
                          .capacity = SLOTS,
                          .live = mapping->valid_items,
                          .tombstones = erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 60000,
                                              .never_grows = true,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
