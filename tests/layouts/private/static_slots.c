/*
 * Slots that are a static variable, other variables before and behind them.
 */
#include <string.h>

#include "scenario.h"

#define SLOTS (1u << 17)

typedef struct {
    uint64_t key;
    uint32_t hash, uses; /* hash 0: empty */
    uint64_t value;
} slot_t;

static char banner[200];
static slot_t slots[SLOTS];
static size_t used;
static uint64_t asked_for[40];
static void *buffer; /* a program that allocates nothing is not looked at */

static uint32_t hash_of(uint64_t key)
{
    key *= 0x9ddfea08eb382d69u;
    return (uint32_t)(key >> 32 ^ key >> 17) | 1u << 31;
}

static void *create(void)
{
    strcpy(banner, "sessions");
    asked_for[0] = 1;
    buffer = must(malloc(4096));
    return slots;
}

static slot_t *look_up(uint64_t key)
{
    uint32_t hash = hash_of(key);
    size_t i = hash % SLOTS;
    while (slots[i].hash != 0 && (slots[i].hash != hash || slots[i].key != key))
        i = (i + 1) % SLOTS;
    return &slots[i];
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    slot_t *slot = look_up(key);
    (void)table;
    used += slot->hash == 0;
    *slot = (slot_t){key, hash_of(key), 1, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    slot_t *slot = look_up(key);
    (void)table;
    *value = slot->value;
    return slot->hash != 0;
}

static bool erase(void *table, uint64_t key)
{
    slot_t *slot = look_up(key);
    (void)table;
    if (slot->hash == 0)
        return false;
    size_t hole = (size_t)(slot - slots);
    for (size_t i = (hole + 1) % SLOTS; slots[i].hash != 0; i = (i + 1) % SLOTS) {
        size_t home = slots[i].hash % SLOTS;
        if ((i - home) % SLOTS >= (i - hole) % SLOTS) {
            slots[hole] = slots[i];
            hole = i;
        }
    }
    memset(&slots[hole], 0, sizeof slots[hole]);
    used--;
    return true;
}

static void destroy(void *table)
{
    (void)table;
    free(buffer);
    memset(slots, 0, sizeof slots);
}

static struct shape shape(const void *table)
{
    (void)table;
    return (struct shape){.address = slots, .capacity = SLOTS, .live = used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 80000,
                                              .never_grows = true,
                                              .is_within = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
