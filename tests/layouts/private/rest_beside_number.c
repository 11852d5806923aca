/*
 * An index of pairs over entries that lie one behind the other: which slot the chain goes on in,
 * the last one's its own, and the number of the entry, above which the rest of its hash stands. An
 * entry that is in a slot of another chain makes room for the one that belongs there. The last
 * entry takes the place of one that is erased. Keys are text.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define NOTHING UINT32_MAX

struct pair {
    uint32_t on, number;
};

struct entry {
    char name[32];
    uint64_t value;
};

struct names {
    struct pair *index;
    struct entry *entries;
    uint32_t mask, count, room;
};

static uint32_t hash_of(const char *name)
{
    uint64_t hash = 0x6a09e667f3bcc909u;
    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * 0x2545f4914f6cdd1du;
        hash ^= hash >> 29;
    }
    hash *= 0xd6e8feb86659fd93u;
    return (uint32_t)(hash ^ hash >> 32);
}

static void name_key(char name[32], uint64_t key)
{
    snprintf(name, 32, "name %llx", (unsigned long long)key);
}

static uint32_t home_of(const struct names *names, uint32_t slot)
{
    uint32_t number = names->index[slot].number & names->mask;
    return hash_of(names->entries[number].name) & names->mask;
}

static uint32_t free_slot(const struct names *names, uint32_t near)
{
    uint32_t slot = near;
    for (uint32_t step = 1; names->index[slot].on != NOTHING; step++)
        slot = (slot + step) & names->mask;
    return slot;
}

static uint32_t before(const struct names *names, uint32_t home, uint32_t slot)
{
    uint32_t at = home;
    while (names->index[at].on != slot)
        at = names->index[at].on;
    return at;
}

static void hang(struct names *names, uint32_t hash, uint32_t number)
{
    uint32_t home = hash & names->mask, rest = number | (hash & ~names->mask);
    struct pair *index = names->index;
    if (index[home].on == NOTHING) {
        index[home] = (struct pair){.on = home, .number = rest};
        return;
    }
    uint32_t slot = free_slot(names, home), others = home_of(names, home);
    if (others != home) {
        index[before(names, others, home)].on = slot;
        index[slot] = (struct pair){.on = index[home].on == home ? slot : index[home].on,
                                    .number = index[home].number};
        index[home] = (struct pair){.on = home, .number = rest};
        return;
    }
    uint32_t last = home;
    while (index[last].on != last)
        last = index[last].on;
    index[last].on = slot;
    index[slot] = (struct pair){.on = slot, .number = rest};
}

static void enlarge(struct names *names)
{
    uint32_t slots = names->mask ? 2 * (names->mask + 1) : 16;
    names->room = slots / 5 * 4 + 4;
    struct entry *entries = must(malloc(names->room * sizeof(*entries)));
    if (names->count > 0)
        memcpy(entries, names->entries, names->count * sizeof(*entries));
    free(names->entries);
    names->entries = entries;
    free(names->index);
    names->index = must(malloc((slots + 2) * sizeof(*names->index)));
    names->mask = slots - 1;
    memset(names->index, 0xff, slots * sizeof(*names->index));
    memset(names->index + slots, 0, 2 * sizeof(*names->index));
    for (uint32_t i = 0; i < names->count; i++)
        hang(names, hash_of(entries[i].name), i);
}

static uint32_t slot_of(const struct names *names, const char *name)
{
    uint32_t hash = hash_of(name), slot = hash & names->mask;
    if (names->index[slot].on == NOTHING)
        return NOTHING;
    for (;; slot = names->index[slot].on) {
        uint32_t word = names->index[slot].number;
        if ((word & ~names->mask) == (hash & ~names->mask) &&
            strcmp(names->entries[word & names->mask].name, name) == 0)
            return slot;
        if (names->index[slot].on == slot)
            return NOTHING;
    }
}

static void unhang(struct names *names, uint32_t slot)
{
    struct pair *index = names->index;
    uint32_t home = home_of(names, slot), empty = slot;
    if (slot != home) {
        index[before(names, home, slot)].on =
            index[slot].on == slot ? before(names, home, slot) : index[slot].on;
    } else if (index[slot].on != slot) {
        empty = index[slot].on;
        index[slot] = (struct pair){.on = index[empty].on == empty ? slot : index[empty].on,
                                    .number = index[empty].number};
    }
    index[empty] = (struct pair){.on = NOTHING, .number = 0};
}

static void *create(void)
{
    struct names *names = must(calloc(1, sizeof(*names)));
    enlarge(names);
    return names;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct names *names = table;
    struct entry entry = {.value = value};
    name_key(entry.name, key);
    uint32_t slot = slot_of(names, entry.name);
    if (slot != NOTHING) {
        names->entries[names->index[slot].number & names->mask].value = value;
        return;
    }
    if (names->count + 2 > names->room)
        enlarge(names);
    names->entries[names->count] = entry;
    hang(names, hash_of(entry.name), names->count);
    names->count++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct names *names = table;
    char name[32];
    name_key(name, key);
    uint32_t slot = slot_of(names, name);
    if (slot != NOTHING)
        *value = names->entries[names->index[slot].number & names->mask].value;
    return slot != NOTHING;
}

static bool erase(void *table, uint64_t key)
{
    struct names *names = table;
    char name[32];
    name_key(name, key);
    uint32_t slot = slot_of(names, name);
    if (slot == NOTHING)
        return false;
    uint32_t number = names->index[slot].number & names->mask, last = names->count - 1;
    unhang(names, slot);
    if (number != last) {
        uint32_t moved = slot_of(names, names->entries[last].name);
        names->index[moved].number = number | (names->index[moved].number & ~names->mask);
        names->entries[number] = names->entries[last];
    }
    names->count--;
    return true;
}

static void destroy(void *table)
{
    struct names *names = table;
    free(names->index);
    free(names->entries);
    free(names);
}

static struct shape shape_of(const void *table)
{
    const struct names *names = table;
    return (struct shape){.address = names->index,
                          .others = {names->entries},
                          .capacity = (uint64_t)names->mask + 1,
                          .live = names->count};
}

int main(int argc, char **argv)
{
    const struct private_table kind = {.entries = 90000,
                                       .never_grows = true, /* its growths are not seen */
                                       .create = create,
                                       .insert = insert,
                                       .find = find,
                                       .erase = erase,
                                       .destroy = destroy,
                                       .shape = shape_of};
    return run_scenario(argc, argv, &kind);
}
