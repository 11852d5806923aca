/*
 * Entries of two fields in slots of 20 bytes, hashed by the program's own code; a slot is empty
 * where its first field is -1. Made for as many as it will ever have.
 */
#include "scenario.h"

#define SLOTS 300000u
#define NONE  UINT32_MAX

struct pick {
    uint32_t aisle, number;
    uint32_t value[2];
    float weight;
};

struct picks {
    struct pick *slots;
    uint32_t used;
};

static APART size_t place_of(const struct pick *pick)
{
    uint64_t mixed = pick->aisle * UINT64_C(0x71d2e49b0c5fa3d7);
    mixed ^= mixed >> 41;
    mixed = (mixed ^ pick->number) * UINT64_C(0x8b3c5f1e27d4a96b);
    return (size_t)((mixed ^ mixed >> 37) % SLOTS);
}

/* Keys are a row and a place in it. */
static struct pick pick_of(uint64_t key)
{
    return (struct pick){.aisle = (uint32_t)(key >> 5), .number = (uint32_t)key & 31};
}

static void *create(void)
{
    struct picks *picks = must(calloc(1, sizeof *picks));
    picks->slots = must(calloc(SLOTS, sizeof *picks->slots));
    for (size_t i = 0; i < SLOTS; i++)
        picks->slots[i].aisle = NONE;
    return picks;
}

static struct pick *seek(const struct picks *picks, const struct pick *wanted)
{
    size_t at = place_of(wanted);
    while (picks->slots[at].aisle != NONE &&
           (picks->slots[at].aisle != wanted->aisle || picks->slots[at].number != wanted->number))
        at = at + 1 == SLOTS ? 0 : at + 1;
    return &picks->slots[at];
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct picks *picks = memory;
    struct pick wanted = pick_of(key), *slot = seek(picks, &wanted);
    picks->used += slot->aisle == NONE;
    *slot = wanted;
    slot->value[0] = (uint32_t)value;
    slot->value[1] = (uint32_t)(value >> 32);
    slot->weight = 0.25f * (float)(key % 100 + 1);
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    struct pick wanted = pick_of(key), *slot = seek(memory, &wanted);
    *value = slot->value[0] | (uint64_t)slot->value[1] << 32;
    return slot->aisle != NONE;
}

static bool erase(void *memory, uint64_t key)
{
    (void)memory;
    (void)key;
    return false; /* nothing is ever taken back */
}

static void destroy(void *memory)
{
    struct picks *picks = memory;
    free(picks->slots);
    free(picks);
}

static struct shape shape(const void *memory)
{
    const struct picks *picks = memory;
    return (struct shape){.address = picks->slots, .capacity = SLOTS, .live = picks->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
