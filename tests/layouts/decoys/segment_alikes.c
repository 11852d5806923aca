/*
 * Blocks of one size, or each twice the one before it, that a row of pointers leads to: pages of
 * objects by id, chunks of a queue, pictures at several scales, sorted levels. None of them is a
 * hash table in segments; the last is sixteen tables that are full.
 */
#include "decoy.h"

#define PAGES      128u
#define PAGE_SLOTS 1024u
#define SLOTS      (PAGES * PAGE_SLOTS)
#define KEPT_OF    50u

struct object {
    void *owner;
    uint64_t number, token;
    struct object *next;
    uint64_t tail[2];
};

struct pages {
    uint64_t **page;
    size_t room, count;
};

static struct pages new_pages(size_t page_words)
{
    struct pages pages = {.page = must(calloc(PAGES, sizeof *pages.page)), .room = PAGES};
    for (; pages.count < pages.room; pages.count++)
        pages.page[pages.count] = must(calloc(page_words, sizeof **pages.page));
    return pages;
}

static void free_pages(struct pages *pages)
{
    for (size_t i = 0; i < pages->count; i++)
        free(pages->page[i]);
    free(pages->page);
}

static uint64_t *slot_of(const struct pages *pages, uint64_t number)
{
    return &pages->page[number / PAGE_SLOTS][number % PAGE_SLOTS];
}

/* One slot in two leads to an object, then hardly any. `number_of`: what it bears. */
static void try_objects(const char *what, uint64_t (*number_of)(uint64_t slot))
{
    struct pages pages = new_pages(PAGE_SLOTS);
    struct object *last = NULL;
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        if (decoy_random() % 2)
            continue;
        struct object *object = must(calloc(1, sizeof *object));
        *object = (struct object){.number = number_of(slot), .token = decoy_random()};
        object->next = decoy_random() % 3 ? last : NULL;
        last = object;
        *slot_of(&pages, slot) = (uint64_t)(uintptr_t)object;
    }
    decoy_look(what, pages.page[1]);
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        struct object *object = (struct object *)(uintptr_t)*slot_of(&pages, slot);
        if (!object || slot % KEPT_OF == 0) {
            if (object)
                object->next = NULL;
            continue;
        }
        *slot_of(&pages, slot) = 0;
        free(object);
    }
    decoy_look(what, pages.page[1]);
    for (uint64_t slot = 0; slot < SLOTS; slot++)
        free((struct object *)(uintptr_t)*slot_of(&pages, slot));
    free_pages(&pages);
}

static uint64_t own_number(uint64_t slot)
{
    return slot;
}

static uint64_t salted_number(uint64_t slot)
{
    return decoy_random() % 16 * SLOTS + slot;
}

static uint64_t any_number(uint64_t slot)
{
    (void)slot;
    return decoy_random();
}

static void objects_by_id(void)
{
    try_objects("pages of objects by id", own_number);
}

static void handles_in_pages(void)
{
    try_objects("pages of handles", salted_number);
}

static void objects_anywhere(void)
{
    try_objects("vectors of objects", any_number);
}

/* --- numbers --- */

static void try_numbers(const char *what, uint64_t (*number_of)(uint64_t slot), uint64_t filled_of)
{
    struct pages pages = new_pages(PAGE_SLOTS);
    for (uint64_t slot = 0; slot < SLOTS; slot++)
        if (decoy_random() % filled_of == 0)
            *slot_of(&pages, slot) = number_of(slot);
    decoy_look(what, pages.page[1]);
    for (uint64_t slot = 0; slot < SLOTS; slot++)
        if (decoy_random() % KEPT_OF)
            *slot_of(&pages, slot) = 0;
    decoy_look(what, pages.page[1]);
    free_pages(&pages);
}

static uint64_t frame(uint64_t slot)
{
    return (slot ^ 0x5a5) << 12 | 0x67;
}

static uint64_t count(uint64_t slot)
{
    return decoy_random() % 200 + slot % 3;
}

static void page_table(void)
{
    try_numbers("page table", frame, 1);
}

static void histogram(void)
{
    try_numbers("histogram in pages", count, 3);
}

static void queue_of_chunks(void)
{
    try_numbers("chunks of a queue", any_number, 1);
}

static void expiries(void)
{
    try_numbers("wheel of times", salted_number, 4);
}

/* --- each twice the one before --- */

#define LEVELS      8u
#define FIRST_LEVEL 1024u

static int ascend(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void try_levels(const char *what, uint64_t mask, int is_sorted)
{
    uint64_t **level = must(calloc(LEVELS, sizeof *level));
    for (size_t i = 0; i < LEVELS; i++) {
        const size_t words = (size_t)FIRST_LEVEL << i;
        level[i] = must(calloc(words, sizeof **level));
        for (size_t k = 0; k < words; k++)
            level[i][k] = decoy_random() & mask;
        if (is_sorted)
            qsort(level[i], words, sizeof **level, ascend);
    }
    decoy_look(what, level[LEVELS - 1]);
    for (size_t i = 0; i < LEVELS; i++)
        for (size_t k = 0; k < (size_t)FIRST_LEVEL << i; k++)
            if (decoy_random() % KEPT_OF)
                level[i][k] = 0;
    decoy_look(what, level[LEVELS - 1]);
    for (size_t i = 0; i < LEVELS; i++)
        free(level[i]);
    free(level);
}

static void pictures(void)
{
    try_levels("a picture at several scales", 0x00ff00ff00ff00ff, 0);
}

static void sorted_levels(void)
{
    try_levels("sorted levels", UINT64_MAX, 1);
}

/* --- tables beside each other --- */

#define SHARDS       16u
#define SHARD_HEADS  16384u
#define SHARD_FILLED 12000u

struct entry {
    struct entry *next;
    uint64_t hash, key;
};

/* Each is full: none of them is a finding, nor are all of them together. */
static void full_shards(void)
{
    struct entry ***shard = must(calloc(SHARDS, sizeof *shard));
    for (size_t i = 0; i < SHARDS; i++)
        shard[i] = must(calloc(SHARD_HEADS, sizeof **shard));
    for (size_t i = 0; i < (size_t)SHARDS * SHARD_FILLED; i++) {
        struct entry *entry = must(malloc(sizeof *entry));
        uint64_t hash = decoy_random();
        struct entry **head = &shard[hash >> 60][hash % SHARD_HEADS];
        *entry = (struct entry){.next = *head, .hash = hash, .key = i};
        *head = entry;
    }
    decoy_look("full shards", shard[0]);
    for (size_t i = 0; i < SHARDS; i++) {
        for (size_t k = 0; k < SHARD_HEADS; k++)
            for (struct entry *entry = shard[i][k], *next; entry; entry = next) {
                next = entry->next;
                free(entry);
            }
        free(shard[i]);
    }
    free(shard);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"objects-in-pages", objects_by_id},
        {"handles-in-pages", handles_in_pages},
        {"vectors-of-objects", objects_anywhere},
        {"page-table-in-pages", page_table},
        {"histogram-in-pages", histogram},
        {"chunks-of-queue", queue_of_chunks},
        {"times-in-pages", expiries},
        {"picture-levels", pictures},
        {"sorted-levels", sorted_levels},
        {"full-shards", full_shards},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
