/*
 * Slots with keys and values in the midst of an object of a fixed size: its name, lock and counts
 * stand before them, a histogram and a list of what was asked for last behind them.
 */
#include <string.h>

#include "scenario.h"

#define SLOTS (1u << 17)

typedef struct {
    uint64_t key, value;
} slot_t;

typedef struct {
    char name[48];
    uint64_t lock[5];
    uint32_t count, mask;
    uint64_t hits, misses, spare[20];
    slot_t slots[SLOTS];
    uint64_t newest, asked_for[64];
    uint32_t histogram[300];
} members_t;

static size_t home_of(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53u;
    return (key ^ key >> 33) % SLOTS;
}

static void *create(void)
{
    members_t *t = must(calloc(1, sizeof *t));
    t->mask = SLOTS - 1;
    strcpy(t->name, "sessions of the day");
    return t;
}

static slot_t *look_up(members_t *t, uint64_t key)
{
    size_t i = home_of(key);
    while (t->slots[i].key != 0 && t->slots[i].key != key)
        i = (i + 1) % SLOTS;
    return &t->slots[i];
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    members_t *t = table;
    slot_t *slot = look_up(t, key);
    t->count += slot->key == 0;
    *slot = (slot_t){key, value};
    t->newest = key;
    t->asked_for[key % 64] = key;
    t->histogram[key % 300]++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    slot_t *slot = look_up(table, key);
    *value = slot->value;
    return slot->key != 0;
}

static bool erase(void *table, uint64_t key)
{
    members_t *t = table;
    slot_t *slot = look_up(t, key);
    if (slot->key == 0)
        return false;
    size_t hole = (size_t)(slot - t->slots);
    for (size_t i = (hole + 1) % SLOTS; t->slots[i].key != 0; i = (i + 1) % SLOTS) {
        size_t home = home_of(t->slots[i].key);
        if ((i - home) % SLOTS >= (i - hole) % SLOTS) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (slot_t){0, 0};
    t->count--;
    return true;
}

static struct shape shape(const void *table)
{
    const members_t *t = table;
    return (struct shape){.address = t->slots, .capacity = SLOTS, .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 80000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = free,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
