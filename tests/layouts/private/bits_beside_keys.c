/*
 * Pairs of bits in an array of their own say what each slot is: never used, taken, given up. Keys
 * and values, in two further arrays, are neither cleared when they are made nor when erased.
 */
#include "scenario.h"

enum { NEVER = 0, TAKEN = 1, GIVEN_UP = 2, IN_A_WORD = 32 };

struct ledger {
    uint64_t *states;
    uint64_t *keys;
    uint64_t *sums;
    uint32_t taken, given_up;
    uint32_t places;
};

static unsigned state_of(const struct ledger *ledger, uint32_t at)
{
    return ledger->states[at / IN_A_WORD] >> at % IN_A_WORD * 2 & 3;
}

static void set_state(struct ledger *ledger, uint32_t at, uint64_t state)
{
    uint64_t *word = &ledger->states[at / IN_A_WORD];
    *word = (*word & ~(3ull << at % IN_A_WORD * 2)) | state << at % IN_A_WORD * 2;
}

static void new_places(struct ledger *ledger, uint32_t places)
{
    ledger->states = must(calloc(places / IN_A_WORD, sizeof *ledger->states));
    ledger->keys = must(malloc(places * sizeof *ledger->keys));
    ledger->sums = must(malloc(places * sizeof *ledger->sums));
    ledger->places = places;
    ledger->taken = ledger->given_up = 0;
}

static void free_places(struct ledger *ledger)
{
    free(ledger->states);
    free(ledger->keys);
    free(ledger->sums);
}

/* The key's place, or the first that it may have. */
static uint32_t search(const struct ledger *ledger, uint64_t key)
{
    uint64_t hash = (key ^ (key >> 32)) * 0x9fb21c651e98df25u;
    uint32_t at = (uint32_t)(hash >> 35) & (ledger->places - 1), vacant = UINT32_MAX;
    for (unsigned state; (state = state_of(ledger, at)) != NEVER;
         at = (at + 1) & (ledger->places - 1)) {
        if (state == TAKEN && ledger->keys[at] == key)
            return at;
        if (state == GIVEN_UP && vacant == UINT32_MAX)
            vacant = at;
    }
    return vacant != UINT32_MAX ? vacant : at;
}

static void put(struct ledger *ledger, uint64_t key, uint64_t sum)
{
    uint32_t at = search(ledger, key);
    unsigned state = state_of(ledger, at);
    ledger->taken += state != TAKEN;
    ledger->given_up -= state == GIVEN_UP;
    set_state(ledger, at, TAKEN);
    ledger->keys[at] = key;
    ledger->sums[at] = sum;
}

static void *create(void)
{
    struct ledger *ledger = must(malloc(sizeof *ledger));
    new_places(ledger, 128);
    return ledger;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct ledger *ledger = table;
    if (ledger->taken + ledger->given_up >= ledger->places / 8 * 6) {
        struct ledger old = *ledger;
        new_places(ledger, old.taken > old.places / 3 ? old.places * 2 : old.places);
        for (uint32_t at = 0; at < old.places; at++)
            if (state_of(&old, at) == TAKEN)
                put(ledger, old.keys[at], old.sums[at]);
        free_places(&old);
    }
    put(ledger, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct ledger *ledger = table;
    uint32_t at = search(ledger, key);
    if (state_of(ledger, at) != TAKEN)
        return false;
    *value = ledger->sums[at];
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct ledger *ledger = table;
    uint32_t at = search(ledger, key);
    if (state_of(ledger, at) != TAKEN)
        return false;
    set_state(ledger, at, GIVEN_UP);
    ledger->taken--;
    ledger->given_up++;
    return true;
}

static void destroy(void *table)
{
    free_places(table);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct ledger *ledger = table;
    return (struct shape){.address = ledger->sums,
                          .others = {ledger->keys, ledger->states},
                          .capacity = ledger->places,
                          .live = ledger->taken,
                          .tombstones = ledger->given_up};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 170000,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
