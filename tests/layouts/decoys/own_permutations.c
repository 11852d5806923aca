/*
 * Few objects in an array with room for many, each in the one place that it has: where the
 * program's own code leads from its number, in an order that looks like none. No two objects have
 * the same place, so these are arrays by number, and no hash tables.
 */
#include <stdbool.h>

#include "decoy.h"

#define BITS          18
#define SLOTS         (1u << BITS)
#define MASK          (SLOTS - 1)
#define STRIDED_SLOTS 260000u
#define FEW           700u /* so that two of a hash table hardly ever meet */

struct record {
    uint64_t number;
    uint64_t payload[2];
};

typedef size_t place_t(uint64_t number);
typedef uint64_t number_t(uint64_t nth);

static void fill(const char *what, number_t *number_of, place_t *place_of, size_t slots)
{
    struct record *records = must(calloc(slots, sizeof *records));
    for (uint64_t i = 0; i < FEW; i++) {
        uint64_t number = number_of(i);
        size_t place = place_of(number);
        bool is_another = ((records[place].number ^ number) & MASK) != 0;
        if (place >= slots || (records[place].number != 0 && is_another))
            abort();
        records[place] = (struct record){number, {decoy_random() >> 20, i + 1000}};
    }
    decoy_look(what, records);
    free(records);
}

/* Objects come and go: of all numbers some are left. */
static uint64_t any_number(uint64_t nth)
{
    (void)nth;
    return 1 + decoy_random() % MASK;
}

static uint64_t number_in_turn(uint64_t nth)
{
    return 1 + nth;
}

static uint64_t number_in_tens(uint64_t nth)
{
    return 10 * (1 + nth * 89 % (SLOTS / 10 - 1));
}

static uint64_t number_of_thousands(uint64_t nth)
{
    return 1000 * (1 + nth * 7919 % (SLOTS - 1));
}

static uint64_t number_with_generation(uint64_t nth)
{
    (void)nth;
    return decoy_random() << BITS | any_number(0);
}

static uint64_t number_of_ticket(uint64_t nth)
{
    return 5000000 + nth * 41 % STRIDED_SLOTS;
}

/* --- one to one --- */

static APART size_t scrambled(uint64_t number)
{
    uint32_t place = (uint32_t)number & MASK;
    place ^= place >> 9;
    place = place * 0x2c1b3c6du & MASK;
    place ^= place >> 7;
    return place * 0x297a2d39u & MASK;
}

/* Whose numbers are never larger. */
static APART size_t scrambled_unmasked(uint64_t number)
{
    number ^= number >> 9;
    return (size_t)(number * UINT64_C(0x8b3c5f1e27d4a96b)) & MASK;
}

static APART size_t scrambled_tens(uint64_t number)
{
    return scrambled(number / 10);
}

static APART size_t scrambled_thousands(uint64_t number)
{
    return scrambled(number / 1000);
}

static APART size_t multiplied(uint64_t number)
{
    return (size_t)(number * UINT64_C(0x71d2e49b0c5fa3d7)) & MASK;
}

static APART size_t reversed(uint64_t number)
{
    uint64_t swapped = __builtin_bswap64(number);
    swapped = (swapped & 0x0f0f0f0f0f0f0f0fu) << 4 | (swapped >> 4 & 0x0f0f0f0f0f0f0f0fu);
    swapped = (swapped & 0x3333333333333333u) << 2 | (swapped >> 2 & 0x3333333333333333u);
    swapped = (swapped & 0x5555555555555555u) << 1 | (swapped >> 1 & 0x5555555555555555u);
    return (size_t)(swapped >> (64 - BITS));
}

/* The halves of the number change each other (Luby and Rackoff 1988). */
static APART size_t rounds(uint64_t number)
{
    uint32_t left = (uint32_t)number >> 9 & 511, right = (uint32_t)number & 511;
    for (uint32_t round = 1; round <= 4; round++) {
        uint32_t mixed = (right * 0x9e37u + round * 0x79b9u) >> 3 & 511, next = left ^ mixed;
        left = right;
        right = next;
    }
    return left << 9 | right;
}

static APART size_t strided(uint64_t ticket)
{
    return (size_t)(ticket * 70001 % STRIDED_SLOTS);
}

static void ids_at_random(void)
{
    fill("scrambled ids", any_number, scrambled, SLOTS);
}
static void ids_in_turn(void)
{
    fill("scrambled ids, given in turn", number_in_turn, scrambled, SLOTS);
}
static void ids_unmasked(void)
{
    fill("scrambled ids, none too large", any_number, scrambled_unmasked, SLOTS);
}
static void ids_unmasked_in_turn(void)
{
    fill("scrambled ids, in turn", number_in_turn, scrambled_unmasked, SLOTS);
}
static void tens(void)
{
    fill("scrambled tens", number_in_tens, scrambled_tens, SLOTS);
}
static void thousands(void)
{
    fill("scrambled thousands", number_of_thousands, scrambled_thousands, SLOTS);
}
static void generations(void)
{
    fill("scrambled handles", number_with_generation, scrambled, SLOTS);
}
static void multiples(void)
{
    fill("multiplied ids", any_number, multiplied, SLOTS);
}
static void multiplied_generations(void)
{
    fill("multiplied handles", number_with_generation, multiplied, SLOTS);
}
static void reversed_ids(void)
{
    fill("reversed ids", any_number, reversed, SLOTS);
}
static void ciphered(void)
{
    fill("ciphered ids", any_number, rounds, SLOTS);
}
static void tickets(void)
{
    fill("a strided ring", number_of_ticket, strided, STRIDED_SLOTS);
}

/* --- of two fields --- */

struct pair {
    uint32_t shard, number;
    uint64_t payload[2];
};

static APART size_t place_of_pair(const struct pair *pair)
{
    return scrambled((uint64_t)pair->shard << 12 | pair->number);
}

static APART size_t place_in_rows(const struct pair *pair)
{
    return ((size_t)pair->shard * 65537 ^ (size_t)pair->number * 64) & MASK;
}

static void fill_pairs(const char *what, size_t (*place_of)(const struct pair *pair))
{
    struct pair *pairs = must(calloc(SLOTS, sizeof *pairs));
    for (uint64_t i = 0; i < FEW; i++) {
        struct pair pair = {.shard = 1 + (uint32_t)decoy_random() % 63,
                            .number = (uint32_t)decoy_random() % 4096,
                            .payload = {decoy_random() >> 20, i + 1000}};
        size_t place = place_of(&pair);
        if (pairs[place].shard != 0 &&
            (pairs[place].shard != pair.shard || pairs[place].number != pair.number))
            abort();
        pairs[place] = pair;
    }
    decoy_look(what, pairs);
    free(pairs);
}

static void shards(void)
{
    fill_pairs("scrambled pairs", place_of_pair);
}
static void rows(void)
{
    fill_pairs("rows", place_in_rows);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"scrambled-ids", ids_at_random},
        {"scrambled-ids-in-turn", ids_in_turn},
        {"unmasked-ids", ids_unmasked},
        {"unmasked-ids-in-turn", ids_unmasked_in_turn},
        {"scrambled-tens", tens},
        {"scrambled-thousands", thousands},
        {"scrambled-generations", generations},
        {"multiplied-ids", multiples},
        {"multiplied-generations", multiplied_generations},
        {"reversed-ids", reversed_ids},
        {"ciphered-ids", ciphered},
        {"strided-tickets", tickets},
        {"scrambled-pairs", shards},
        {"rows-of-pairs", rows},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
