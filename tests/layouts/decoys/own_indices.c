/*
 * Objects in lists, or alone in slots, by an index that the program's own code computes from a
 * number or a name of theirs: cells of a grid, levels of prices, times, first letters. Their code
 * leads to where they are, as that of a hash table does, but to neighbours from what is nearly
 * alike. Full, and then nearly empty.
 */
#include <stdio.h>
#include <string.h>

#include "decoy.h"

#define LISTS   (1u << 18)
#define KEPT_OF 50u

struct body {
    uint64_t where;
    struct body *next;
    char name[16];
    uint32_t color;
};

typedef size_t index_t(uint64_t where);

static void add(struct body **lists, size_t index, uint64_t where, const char *name)
{
    struct body *body = must(calloc(1, sizeof *body));
    body->where = where;
    body->color = (uint32_t)decoy_random();
    if (name)
        snprintf(body->name, sizeof body->name, "%s", name);
    body->next = lists[index];
    lists[index] = body;
}

/* Takes all out of the list, or all but one in so many. */
static void thin_out(struct body **list, unsigned kept_of)
{
    static unsigned count;
    struct body **at = list;
    while (*at != NULL) {
        struct body *body = *at;
        if (kept_of != 0 && ++count % kept_of == 0) {
            at = &body->next;
            continue;
        }
        *at = body->next;
        free(body);
    }
}

static void look_twice(const char *what, struct body **lists, size_t count)
{
    decoy_look(what, lists);
    for (size_t i = 0; i < count; i++)
        thin_out(&lists[i], KEPT_OF);
    decoy_look(what, lists);
    for (size_t i = 0; i < count; i++)
        thin_out(&lists[i], 0);
    free(lists);
}

static void fill_lists(const char *what, uint64_t mask, index_t *index_of)
{
    struct body **lists = must(calloc(LISTS, sizeof(*lists)));
    for (unsigned i = 0; i < LISTS * 3 / 4; i++) {
        uint64_t where = decoy_random() & mask;
        add(lists, index_of(where), where, NULL);
    }
    look_twice(what, lists, LISTS);
}

/* --- cells of 512 by 512 --- */

static __attribute__((noinline)) size_t cell_of(uint64_t where)
{
    uint32_t x = (uint32_t)(where >> 32), y = (uint32_t)where;
    return (size_t)(x >> 7) * 512 + (y >> 7);
}

static void cells(void)
{
    fill_lists("bodies by cell", UINT64_C(0xffff0000ffff), cell_of);
}

static __attribute__((noinline)) size_t square_of(uint64_t where)
{
    return (size_t)(where & 511) * 512 + (where >> 9 & 511);
}

static void squares(void)
{
    fill_lists("pieces by square", UINT64_C(0xffffffff0003ffff), square_of);
}

/* Along Morton's curve. */
static uint64_t spread(uint64_t bits)
{
    bits = (bits | bits << 8) & 0x00ff00ff;
    bits = (bits | bits << 4) & 0x0f0f0f0f;
    bits = (bits | bits << 2) & 0x33333333;
    return (bits | bits << 1) & 0x55555555;
}

static __attribute__((noinline)) size_t morton_of(uint64_t where)
{
    return spread(where & 511) | spread(where >> 16 & 511) << 1;
}

static void quadrants(void)
{
    fill_lists("tiles along a curve", UINT64_C(0xffff01ff01ff), morton_of);
}

/* --- times and prices --- */

static __attribute__((noinline)) size_t tick_of(uint64_t when)
{
    return (size_t)(when * 1000003 / 64000192) & (LISTS - 1);
}

static void expiries(void)
{
    fill_lists("timers by their expiry", UINT64_C(0xffffffffff), tick_of);
}

static __attribute__((noinline)) size_t level_of(uint64_t price)
{
    return (size_t)((price ^ 0x5a0000000000) * 5 % (UINT64_C(5) * LISTS * 16) / 80);
}

static void levels(void)
{
    fill_lists("orders by price", UINT64_C(0x3fffff), level_of);
}

/* --- in another order, but one for one --- */

static __attribute__((noinline)) size_t reversed(uint64_t number)
{
    size_t out = 0;
    for (unsigned bit = 0; bit < 18; bit++)
        out = out << 1 | (number >> bit & 1);
    return out;
}

static __attribute__((noinline)) size_t strided(uint64_t number)
{
    return (size_t)((number * 0x2545f4914f6cdd1du >> 3) * 40503 + 12345) & (LISTS - 1);
}

static void permute(const char *what, index_t *index_of)
{
    struct body **lists = must(calloc(LISTS, sizeof(*lists)));
    for (uint64_t number = 0; number < LISTS; number++)
        if (lists[index_of(number)] == NULL && decoy_random() % 8 < 5)
            add(lists, index_of(number), number, NULL);
    look_twice(what, lists, LISTS);
}

static void reversed_bits(void)
{
    permute("samples in reversed order", reversed);
}

static void strides(void)
{
    permute("blocks in an interleaved order", strided);
}

/* --- first letters --- */

static __attribute__((noinline)) size_t letters_of(const char *name)
{
    size_t index = 0;
    for (unsigned i = 0; i < 4; i++)
        index = index * 26 + (size_t)(name[i] - 'a');
    return index;
}

static void first_letters(void)
{
    size_t count = 26 * 26 * 26 * 26;
    struct body **lists = must(calloc(count, sizeof(*lists)));
    for (unsigned i = 0; i < LISTS; i++) {
        char name[16] = {0};
        for (unsigned c = 0; c < 9; c++)
            name[c] = (char)('a' + decoy_random() % 26);
        add(lists, letters_of(name), decoy_random(), name);
    }
    look_twice("words by their first letters", lists, count);
}

/* --- records where their number says --- */

struct record {
    uint64_t number;
    uint64_t payload[2];
};

static __attribute__((noinline)) size_t record_of(uint64_t number)
{
    return (size_t)((number - 0x1000000) * 3 % (UINT64_C(3) * LISTS) / 3);
}

static void records(void)
{
    struct record *slots = must(calloc(LISTS, sizeof(*slots)));
    for (uint64_t i = 0; i < LISTS; i++) {
        uint64_t number = 0x1000000 + i + decoy_random() % 4096 * LISTS;
        if (decoy_random() % 8 < 5)
            slots[record_of(number)] = (struct record){number, {decoy_random(), i}};
    }
    decoy_look("records by number", slots);
    for (size_t i = 0; i < LISTS; i++)
        if (i % KEPT_OF != 7)
            slots[i] = (struct record){0};
    decoy_look("records by number", slots);
    free(slots);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"cells", cells},         {"squares", squares},
        {"quadrants", quadrants}, {"expiries", expiries},
        {"levels", levels},       {"reversed-bits", reversed_bits},
        {"strides", strides},     {"first-letters", first_letters},
        {"records", records},     {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
