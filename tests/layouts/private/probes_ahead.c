/*
 * Slots of eight bytes, the place of an entry in an arena and its hash, made once and never larger.
 * Its probing steps before it looks, so that no entry is ever in the slot that its hash names.
 */
#include <string.h>

#include "scenario.h"

#define SLOTS      (1u << 19)
#define PAGE_BITS  20
#define PAGE       (1u << PAGE_BITS)
#define NOWHERE    UINT32_MAX
#define ITEM_BYTES 16u

typedef struct {
    uint32_t place, hash;
} slot_t;

typedef struct {
    slot_t *slots;
    size_t mask, count;
    unsigned char **pages;
    uint32_t page_count, used;
} ahead_t;

static uint32_t hash_of(uint64_t key)
{
    uint32_t h = 0x9747b28cu ^ 8;
    for (int part = 0; part < 2; part++, key >>= 32) {
        uint32_t k = (uint32_t)key * 0x5bd1e995u;
        h = h * 0x5bd1e995u ^ (k ^ k >> 24) * 0x5bd1e995u;
    }
    h = (h ^ h >> 13) * 0x5bd1e995u;
    return h ^ h >> 15;
}

static unsigned char *at(const ahead_t *t, uint32_t place)
{
    return t->pages[place >> PAGE_BITS] + (place & (PAGE - 1));
}

static void add_page(ahead_t *t)
{
    t->pages = must(realloc(t->pages, (t->page_count + 1) * sizeof *t->pages));
    t->pages[t->page_count++] = must(calloc(1, PAGE));
    t->used = 0;
}

static void *create(void)
{
    ahead_t *t = must(calloc(1, sizeof *t));
    t->mask = SLOTS - 1;
    t->slots = must(malloc(SLOTS * sizeof *t->slots));
    for (size_t i = 0; i < SLOTS; i++)
        t->slots[i] = (slot_t){NOWHERE, 0};
    add_page(t);
    return t;
}

/* The slot with the key, or the empty one where it is looked for last. */
static slot_t *look_up(const ahead_t *t, uint64_t key)
{
    uint32_t hash = hash_of(key), probe = hash;
    for (;;) {
        slot_t *slot = &t->slots[++probe & t->mask];
        if (slot->place == NOWHERE ||
            (slot->hash == hash && memcmp(at(t, slot->place), &key, sizeof key) == 0))
            return slot;
    }
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    ahead_t *t = table;
    slot_t *slot = look_up(t, key);
    if (slot->place == NOWHERE) {
        if (t->used + ITEM_BYTES > PAGE)
            add_page(t);
        *slot = (slot_t){(t->page_count - 1) << PAGE_BITS | t->used, hash_of(key)};
        t->used += ITEM_BYTES;
        t->count++;
        memcpy(at(t, slot->place), &key, sizeof key);
    }
    memcpy(at(t, slot->place) + sizeof key, &value, sizeof value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    slot_t *slot = look_up(table, key);
    if (slot->place == NOWHERE)
        return false;
    memcpy(value, at(table, slot->place) + sizeof key, sizeof *value);
    return true;
}

static bool erase(void *table, uint64_t key)
{
    ahead_t *t = table;
    slot_t *slot = look_up(t, key);
    if (slot->place == NOWHERE)
        return false;
    size_t hole = (size_t)(slot - t->slots);
    for (size_t i = (hole + 1) & t->mask; t->slots[i].place != NOWHERE; i = (i + 1) & t->mask) {
        size_t home = (t->slots[i].hash + 1) & t->mask;
        if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (slot_t){NOWHERE, 0};
    t->count--;
    return true;
}

static void destroy(void *table)
{
    ahead_t *t = table;
    for (uint32_t i = 0; i < t->page_count; i++)
        free(t->pages[i]);
    free(t->pages);
    free(t->slots);
    free(t);
}

static struct shape shape(const void *table)
{
    const ahead_t *t = table;
    return (struct shape){.address = t->slots, .capacity = SLOTS, .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 180000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
