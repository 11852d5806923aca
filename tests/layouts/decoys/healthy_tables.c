/* Hash tables that waste nothing: full by design, built once, or shrinking by themselves. */
#include <stdbool.h>
#include <string.h>

#include "decoy.h"

struct pair {
    uint64_t key; /* 0: empty */
    uint64_t value;
};

static uint64_t hash(uint64_t key, uint64_t seed)
{
    key = (key ^ seed) * 0xff51afd7ed558ccdu;
    return key ^ key >> 33;
}

/* Fills the table to its last slot: lookups of known keys only, as in a symbol table that is
 * frozen. */
static void frozen_table(void)
{
    size_t size = 256;
    struct pair *pairs = NULL;
    while (size < (size_t)1 << 18) {
        size *= 2;
        struct pair *next = must(calloc(size, sizeof *next));
        for (size_t i = 0; i < size; i++) {
            uint64_t key = pairs != NULL && i < size / 2 ? pairs[i].key : decoy_random();
            size_t at = hash(key, 0) & (size - 1);
            while (next[at].key != 0)
                at = (at + 1) & (size - 1);
            next[at] = (struct pair){key, i};
        }
        free(pairs);
        pairs = next;
    }
    decoy_look("table filled to its last slot", pairs);
    free(pairs);
}

/* Doubles and halves: the array is as large as the entries need, whatever was erased. */
static void shrinking_table(void)
{
    size_t size = 256, live = 0;
    struct pair *pairs = must(calloc(size, sizeof *pairs));
    for (uint64_t step = 1; step <= 300000; step++) {
        /* Entries are 1..live; the table is rebuilt when it is above 3/4 or below 1/4. */
        live += step <= 200000 ? 1 : (uint64_t)-1;
        size_t fitting = live * 4 > size * 3 ? size * 2 : live * 4 < size ? size / 2 : size;
        if (fitting != size && fitting >= 256) {
            struct pair *next = must(calloc(fitting, sizeof *next));
            for (uint64_t key = 1; key <= live; key++) {
                size_t at = hash(key, 7) & (fitting - 1);
                while (next[at].key != 0)
                    at = (at + 1) & (fitting - 1);
                next[at] = (struct pair){key, step};
            }
            free(pairs);
            pairs = next;
            size = fitting;
        } else if (step <= 200000) {
            size_t at = hash(live, 7) & (size - 1);
            while (pairs[at].key != 0)
                at = (at + 1) & (size - 1);
            pairs[at] = (struct pair){live, step};
        }
    }
    decoy_look("table that shrinks by itself", pairs);
    free(pairs);
}

/* Tables of 4 KiB: however empty, none is worth a word, nor are all of them together, 800 KiB. */
static void many_small_tables(void)
{
    enum { TABLES = 200, SLOTS = 256 };
    static struct pair *tables[TABLES];
    for (size_t t = 0; t < TABLES; t++) {
        for (size_t size = 64; size <= SLOTS; size *= 2) {
            struct pair *next = must(calloc(size, sizeof *next));
            for (size_t i = 0; i < size / 2; i++) {
                size_t at = hash(t * SLOTS + i + 1, 3) & (size - 1);
                while (next[at].key != 0)
                    at = (at + 1) & (size - 1);
                next[at] = (struct pair){t * SLOTS + i + 1, i};
            }
            free(tables[t]);
            tables[t] = next;
        }
        memset(tables[t] + 2, 0, (SLOTS - 2) * sizeof **tables);
    }
    decoy_look("one of many small tables", tables[TABLES / 2]);
    for (size_t t = 0; t < TABLES; t++) {
        free(tables[t]);
        tables[t] = NULL;
    }
}

/* Made for all that come, whose numbers are multiples of 16 and their own hash: one bucket in
 * sixteen is in use, and each of these for sixteen. */
static void long_chains(void)
{
    enum { BUCKETS = 1 << 18, RECORDS = 250000 };
    struct record {
        uint32_t number, value;
        struct record *next;
    } **heads = must(calloc(BUCKETS, sizeof *heads));
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct record *record = must(malloc(sizeof *record));
        struct record **head = &heads[i * 16 % BUCKETS];
        *record = (struct record){.number = i * 16, .value = i, .next = *head};
        *head = record;
    }
    decoy_look("few long chains, which were meant", heads);
    for (size_t i = 0; i < BUCKETS; i++) {
        while (heads[i] != NULL) {
            struct record *record = heads[i];
            heads[i] = record->next;
            free(record);
        }
    }
    free(heads);
}

/* Two of each: what the place of the new array counts as the old one is freed is 0 from then on. */
struct counted {
    struct counted *next;
    uint64_t key, value;
};
static struct {
    struct counted **heads[2];
    uint64_t size[2], count[2];
    int64_t moving;
} chained;

static void add_counted(uint64_t key)
{
    struct counted *entry = must(malloc(sizeof *entry));
    unsigned which = chained.moving >= 0;
    struct counted **head = &chained.heads[which][hash(key, 0) & (chained.size[which] - 1)];
    *entry = (struct counted){*head, key, key / 3};
    *head = entry;
    chained.count[which]++;
}

static void move_one_bucket(void)
{
    while (chained.heads[0][chained.moving] == NULL)
        chained.moving++;
    while (chained.heads[0][chained.moving] != NULL) {
        struct counted *entry = chained.heads[0][chained.moving];
        struct counted **head = &chained.heads[1][hash(entry->key, 0) & (chained.size[1] - 1)];
        chained.heads[0][chained.moving] = entry->next;
        entry->next = *head;
        *head = entry;
        chained.count[0]--;
        chained.count[1]++;
    }
    if (chained.count[0] > 0)
        return;
    free(chained.heads[0]);
    chained.heads[0] = chained.heads[1];
    chained.size[0] = chained.size[1];
    chained.count[0] = chained.count[1];
    chained.heads[1] = NULL;
    chained.size[1] = chained.count[1] = 0;
    chained.moving = -1;
}

/* Full, of entries that it moved step by step. */
static void moved_by_steps(void)
{
    enum { ENTRIES = 240000 };
    chained.moving = -1;
    chained.size[0] = 4;
    chained.count[0] = 0;
    chained.heads[0] = must(calloc(chained.size[0], sizeof *chained.heads[0]));
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (chained.moving >= 0)
            move_one_bucket();
        if (chained.moving < 0 && chained.count[0] >= chained.size[0]) {
            chained.size[1] = chained.size[0] * 2;
            chained.heads[1] = must(calloc(chained.size[1], sizeof *chained.heads[1]));
            chained.moving = 0;
        }
        add_counted(decoy_random());
    }
    while (chained.moving >= 0)
        move_one_bucket();
    decoy_look("table that has moved its entries step by step", chained.heads[0]);
    for (uint64_t i = 0; i < chained.size[0]; i++) {
        while (chained.heads[0][i] != NULL) {
            struct counted *entry = chained.heads[0][i];
            chained.heads[0][i] = entry->next;
            free(entry);
        }
    }
    free(chained.heads[0]);
}

/* The same of slots: with four of them moved at each addition, three quarters of them in use at
 * first, there are as many entries at the end as the old array had slots. */
static struct {
    struct pair *pairs, *old;
    uint64_t size, old_size, count, old_count, moving;
} slots;

static void add_pair(uint64_t key, uint64_t value)
{
    size_t at = hash(key, 0) & (slots.size - 1);
    while (slots.pairs[at].key != 0)
        at = (at + 1) & (slots.size - 1);
    slots.pairs[at] = (struct pair){key, value};
    slots.count++;
}

static void move_four_slots(void)
{
    for (unsigned i = 0; i < 4 && slots.old != NULL; i++) {
        if (slots.moving == slots.old_size) {
            free(slots.old);
            slots.old = NULL;
            slots.old_size = slots.old_count = 0;
            break;
        }
        struct pair *pair = &slots.old[slots.moving++];
        if (pair->key != 0) {
            add_pair(pair->key, pair->value);
            slots.old_count--;
        }
    }
}

static void moved_by_four(void)
{
    enum { ENTRIES = 300000 };
    memset(&slots, 0, sizeof slots);
    slots.size = 64;
    slots.pairs = must(calloc(slots.size, sizeof *slots.pairs));
    for (uint64_t i = 1; i <= ENTRIES; i++) {
        move_four_slots();
        if (slots.old == NULL && slots.count * 4 >= slots.size * 3) {
            slots.old = slots.pairs;
            slots.old_size = slots.size;
            slots.old_count = slots.count;
            slots.count = slots.moving = 0;
            slots.size *= 2;
            slots.pairs = must(calloc(slots.size, sizeof *slots.pairs));
        }
        add_pair(i * 4096 + 3, i);
    }
    decoy_look("table that has moved four slots at a time", slots.pairs);
    free(slots.pairs);
    free(slots.old);
}

enum { WITH_BOTH, WITH_ALL };

/* A table that was made for all its entries and has them, and says how few of them are of a kind:
 * those that were changed since they were stored. */
static void table_with_kinds(const char *what, int counts)
{
    enum { SLOTS = 1 << 17, ENTRIES = 90000, CHANGED_OF = 40 };
    struct kinds {
        struct kind_slot {
            uint64_t key, value;
            uint32_t state; /* 0: empty, 1: as it was stored, 2: changed */
        } * slots;
        uint64_t mask;
        uint32_t number, changed;
    } *kinds = must(calloc(1, sizeof *kinds));
    kinds->slots = must(calloc(SLOTS, sizeof *kinds->slots));
    kinds->mask = SLOTS - 1;
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t key = decoy_random();
        size_t at = hash(key, 11) & kinds->mask;
        bool is_changed = i % CHANGED_OF == 0;
        while (kinds->slots[at].state != 0)
            at = (at + 1) & kinds->mask;
        kinds->slots[at] = (struct kind_slot){key, i, is_changed ? 2 : 1};
        kinds->number += counts == WITH_ALL || !is_changed;
        kinds->changed += is_changed;
    }
    decoy_look(what, kinds->slots);
    free(kinds->slots);
    free(kinds);
}

static void kinds_and_all(void)
{
    table_with_kinds("full table that counts its entries and the changed ones", WITH_ALL);
}

static void kinds_of_two(void)
{
    table_with_kinds("full table that counts the changed entries and the others", WITH_BOTH);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {{"frozen", frozen_table},
                                              {"shrinking", shrinking_table},
                                              {"many-small", many_small_tables},
                                              {"long-chains", long_chains},
                                              {"moved-by-steps", moved_by_steps},
                                              {"moved-by-four", moved_by_four},
                                              {"kinds-and-all", kinds_and_all},
                                              {"kinds-of-two", kinds_of_two},
                                              {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
