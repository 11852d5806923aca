/*
 * Robin Hood slots whose state is a word of their own. Erasing moves the entries behind it back by
 * one and marks the last slot free, and nothing else: its bytes stay. The table counts its entries,
 * and hangs two pointers behind what the program holds. It grows early where many entries would
 * have to move, so that no two growths are at the same load.
 */
#include <string.h>

#include "scenario.h"

enum { FREE, IN_USE };
enum { MOST_MOVES = 60 };

struct page {
    uint32_t block;
    int state;
    uint32_t hash;
    uint16_t tuples;
    uint64_t key, value, bits[2];
};

struct pages {
    uint64_t size;
    uint32_t members, mask, grow_at;
    struct page *data;
    void *context;
};

struct bitmap {
    int kind;
    struct pages *pages;
    int chunks;
};

static uint32_t hash_of(uint64_t key)
{
    uint32_t hash = (uint32_t)(key ^ key >> 32);
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

static void set_size(struct pages *pages, uint64_t size)
{
    pages->size = size;
    pages->mask = (uint32_t)size - 1;
    pages->grow_at = (uint32_t)((double)size * 0.9);
    pages->data = must(calloc(size, sizeof *pages->data));
}

static void grow(struct pages *pages)
{
    struct page *old = pages->data;
    uint64_t old_size = pages->size;
    uint32_t first = 0;
    set_size(pages, old_size * 2);
    while (old[first].state == IN_USE && (old[first].hash & (old_size - 1)) != first)
        first++;
    for (uint64_t i = 0; i < old_size; i++) {
        const struct page *page = &old[(first + i) & (old_size - 1)];
        uint32_t at = page->hash & pages->mask;
        if (page->state != IN_USE)
            continue;
        while (pages->data[at].state != FREE)
            at = (at + 1) & pages->mask;
        pages->data[at] = *page;
    }
    free(old);
}

static struct page *seek(struct pages *pages, uint64_t key)
{
    uint32_t at = hash_of(key) & pages->mask;
    for (; pages->data[at].state == IN_USE; at = (at + 1) & pages->mask)
        if (pages->data[at].key == key)
            return &pages->data[at];
    return NULL;
}

static bool put(struct pages *pages, const struct page *page)
{
    uint32_t at = page->hash & pages->mask, moves = 0;
    for (uint32_t far = 0; pages->data[at].state == IN_USE; at = (at + 1) & pages->mask, far++)
        if (((at - pages->data[at].hash) & pages->mask) < far)
            break;
    uint32_t end = at;
    for (; pages->data[end].state == IN_USE; end = (end + 1) & pages->mask)
        if (++moves > MOST_MOVES)
            return false;
    for (; end != at; end = (end - 1) & pages->mask)
        pages->data[end] = pages->data[(end - 1) & pages->mask];
    pages->data[at] = *page;
    pages->members++;
    return true;
}

static void *create(void)
{
    struct bitmap *bitmap = must(calloc(1, sizeof *bitmap));
    bitmap->pages = must(calloc(1, sizeof *bitmap->pages));
    set_size(bitmap->pages, 64);
    return bitmap;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct pages *pages = ((struct bitmap *)table)->pages;
    struct page page = {.block = (uint32_t)key,
                        .state = IN_USE,
                        .hash = hash_of(key),
                        .tuples = 1,
                        .key = key,
                        .value = value,
                        .bits = {1ull << (key & 63)}};
    if (pages->members >= pages->grow_at)
        grow(pages);
    while (!put(pages, &page))
        grow(pages);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct page *page = seek(((struct bitmap *)table)->pages, key);
    if (page)
        *value = page->value;
    return page != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct pages *pages = ((struct bitmap *)table)->pages;
    struct page *last = seek(pages, key);
    if (!last)
        return false;
    for (uint32_t at = (uint32_t)(last - pages->data);;) {
        at = (at + 1) & pages->mask;
        if (pages->data[at].state != IN_USE || (pages->data[at].hash & pages->mask) == at)
            break;
        *last = pages->data[at];
        last = &pages->data[at];
    }
    last->state = FREE;
    pages->members--;
    return true;
}

static void destroy(void *table)
{
    struct bitmap *bitmap = table;
    free(bitmap->pages->data);
    free(bitmap->pages);
    free(bitmap);
}

static struct shape shape(const void *table)
{
    const struct pages *pages = ((const struct bitmap *)table)->pages;
    return (struct shape){.address = pages->data, .capacity = pages->size, .live = pages->members};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 60000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
