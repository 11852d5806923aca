/*
 * Heads of four bytes, numbers of nodes in one vector, whose first is not used; doubled at one node
 * for each. Every second new key is sampled for a statistic: at each growth as many were sampled as
 * the old heads' half, and none of it is taken back as keys are erased.
 */
#include "scenario.h"

struct page {
    uint32_t rest, older, newer, size;
    uint64_t key, value;
};

struct store {
    uint32_t *heads, head_count;
    struct page *pages;
    uint32_t page_count, page_room, unused, newest;
    uint32_t members;
    uint64_t bytes, sampled, lookups;
};

static uint32_t fold(uint64_t key)
{
    key = (key ^ key >> 31) * UINT64_C(0x7fb5d329728ea185);
    key = (key ^ key >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return (uint32_t)(key >> 33);
}

static uint32_t *head_of(const struct store *store, uint64_t key)
{
    return &store->heads[fold(key) & (store->head_count - 1)];
}

static void *create(void)
{
    struct store *store = must(calloc(1, sizeof *store));
    store->head_count = 64;
    store->heads = must(calloc(store->head_count, sizeof *store->heads));
    store->page_room = 64;
    store->pages = must(calloc(store->page_room, sizeof *store->pages));
    store->page_count = 1;
    return store;
}

static void hang_in(struct store *store, uint32_t number)
{
    uint32_t *head = head_of(store, store->pages[number].key);
    store->pages[number].rest = *head;
    *head = number;
}

static void put_first(struct store *store, uint32_t number)
{
    store->pages[number].older = store->newest;
    store->pages[number].newer = 0;
    if (store->newest != 0)
        store->pages[store->newest].newer = number;
    store->newest = number;
}

static void take_out(struct store *store, uint32_t number)
{
    const struct page *page = &store->pages[number];
    if (page->older != 0)
        store->pages[page->older].newer = page->newer;
    if (page->newer != 0)
        store->pages[page->newer].older = page->older;
    else
        store->newest = page->older;
}

static void widen(struct store *store)
{
    uint32_t *old = store->heads;
    store->head_count *= 2;
    store->heads = must(calloc(store->head_count, sizeof *store->heads));
    for (uint32_t number = store->newest; number != 0; number = store->pages[number].older)
        hang_in(store, number);
    free(old);
}

static uint32_t look_up(struct store *store, uint64_t key)
{
    uint32_t number = *head_of(store, key);
    while (number != 0 && store->pages[number].key != key)
        number = store->pages[number].rest;
    store->lookups += 3;
    return number;
}

static uint32_t take_page(struct store *store)
{
    uint32_t number = store->unused;
    if (number != 0) {
        store->unused = store->pages[number].rest;
        return number;
    }
    if (store->page_count == store->page_room) {
        store->page_room *= 2;
        store->pages = must(realloc(store->pages, store->page_room * sizeof *store->pages));
    }
    return store->page_count++;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct store *store = table;
    uint32_t number = look_up(store, key);
    if (number == 0) {
        if (store->members >= store->head_count)
            widen(store);
        number = take_page(store);
        store->pages[number] = (struct page){.key = key, .size = (uint32_t)(key % 977)};
        store->bytes += store->pages[number].size;
        hang_in(store, number);
        put_first(store, number);
        store->sampled += ++store->members % 2;
    }
    store->pages[number].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct store *store = table;
    uint32_t number = look_up(store, key);
    *value = store->pages[number].value;
    return number != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct store *store = table;
    uint32_t number = look_up(store, key), *link = head_of(store, key);
    if (number == 0)
        return false;
    while (*link != number)
        link = &store->pages[*link].rest;
    *link = store->pages[number].rest;
    take_out(store, number);
    store->bytes -= store->pages[number].size;
    store->pages[number] = (struct page){.rest = store->unused};
    store->unused = number;
    store->members--;
    return true;
}

static void destroy(void *table)
{
    struct store *store = table;
    free(store->heads);
    free(store->pages);
    free(store);
}

static struct shape shape(const void *table)
{
    const struct store *store = table;
    return (struct shape){.address = store->heads,
                          .others = {store->pages},
                          .capacity = store->head_count,
                          .live = store->members};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 440000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
