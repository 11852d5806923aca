/* Buckets of ten entries with a word of bits for those in use, and places for what does not fit
 * in the next two; the table grows when these are full, too: at another load each time. Erasing
 * clears a bit. */
#include <string.h>

#include "scenario.h"

#define ROOM 10u
#define NEAR 3u /* buckets in which an entry may be */

struct page {
    uint16_t in_use;
    uint16_t prints[ROOM]; /* not of all keys, to be cheap */
    uint32_t ids[ROOM];
    uint64_t values[ROOM];
    uint64_t keys[ROOM];
};

struct index {
    uint64_t version;
    struct page *pages;
    size_t page_number;
    size_t entries;
};

static struct page *page_at(const struct index *index, uint64_t key, uint32_t nth)
{
    uint64_t hash = key;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93ull;
    hash ^= hash >> 32;
    return &index->pages[(hash + nth) % index->page_number];
}

static struct page *seek(const struct index *index, uint64_t key, uint32_t *slot)
{
    for (uint32_t nth = 0; nth < NEAR; nth++) {
        struct page *page = page_at(index, key, nth);
        for (*slot = 0; *slot < ROOM; ++*slot)
            if (page->in_use >> *slot & 1 && page->keys[*slot] == key)
                return page;
    }
    return NULL;
}

static bool put(struct index *index, uint64_t key, uint64_t value)
{
    for (uint32_t nth = 0; nth < NEAR; nth++) {
        struct page *page = page_at(index, key, nth);
        uint32_t slot = 0;
        while (slot < ROOM && page->in_use >> slot & 1)
            slot++;
        if (slot == ROOM)
            continue;
        page->in_use |= (uint16_t)(1u << slot);
        page->prints[slot] = (uint16_t)(key >> 7);
        page->ids[slot] = (uint32_t)index->entries++;
        page->keys[slot] = key;
        page->values[slot] = value;
        return true;
    }
    return false;
}

static void set_up(struct index *index, size_t pages)
{
    index->version++;
    index->pages = must(calloc(pages, sizeof(struct page)));
    index->page_number = pages;
    index->entries = 0;
}

static void *create(void)
{
    struct index *index = must(calloc(1, sizeof *index));
    set_up(index, 4);
    return index;
}

static void grow(struct index *index)
{
    struct index old = *index;
    set_up(index, 2 * old.page_number);
    for (size_t i = 0; i < old.page_number; i++)
        for (uint32_t slot = 0; slot < ROOM; slot++)
            if (old.pages[i].in_use >> slot & 1 &&
                !put(index, old.pages[i].keys[slot], old.pages[i].values[slot]))
                abort(); /* twice the pages have room */
    free(old.pages);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct index *index = table;
    uint32_t slot;
    struct page *page = seek(index, key, &slot);
    if (page != NULL) {
        page->values[slot] = value;
        return;
    }
    while (!put(index, key, value))
        grow(index);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint32_t slot;
    const struct page *page = seek(table, key, &slot);
    if (page == NULL)
        return false;
    *value = page->values[slot];
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct index *index = table;
    uint32_t slot;
    struct page *page = seek(index, key, &slot);
    if (page == NULL)
        return false;
    page->in_use &= (uint16_t) ~(1u << slot);
    index->entries--;
    return true;
}

static void destroy(void *table)
{
    struct index *index = table;
    free(index->pages);
    free(index);
}

static struct shape shape(const void *table)
{
    const struct index *index = table;
    return (struct shape){
        .address = index->pages, .capacity = ROOM * index->page_number, .live = index->entries};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
