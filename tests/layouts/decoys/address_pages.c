/*
 * What is found by an address, and is no hash table even so: pages that have a slot each, and a
 * cache that keeps the last of those who share one. The arrays were made once, and hold little.
 */
#include "decoy.h"

#define BITS  18
#define SLOTS ((size_t)1 << BITS)
#define FEW   6000u
#define LINE  64u

struct page {
    uint64_t flags;
    void *begin;
    uint32_t users, order;
    struct page *next; /* of a list of pages without users, which is empty */
};

static struct page *new_page(void *begin)
{
    struct page *page = must(calloc(1, sizeof *page));
    page->begin = begin;
    page->flags = decoy_random() >> 40;
    page->users = 1 + decoy_random() % 7;
    return page;
}

/* As large as the region has lines, so that each has a slot of its own wherever the region begins.
 */
static struct page **new_slots(void)
{
    struct page **slots = must(malloc(SLOTS * sizeof *slots));
    for (size_t i = 0; i < SLOTS; i++)
        slots[i] = NULL;
    return slots;
}

static void free_all(struct page **slots)
{
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i]);
    free(slots);
}

static void pages_by_address(void)
{
    char *region = must(aligned_alloc(LINE, SLOTS * LINE));
    struct page **slots = new_slots();
    for (uint32_t i = 0; i < FEW; i++) {
        char *line = region + decoy_random() % SLOTS * LINE;
        struct page **slot = &slots[((uintptr_t)line / LINE) & (SLOTS - 1)];
        if (*slot == NULL)
            *slot = new_page(line);
    }
    decoy_look("pages by their addresses", slots);
    free_all(slots);
    free(region);
}

static void cached_by_address(void)
{
    struct page **slots = new_slots();
    for (uint32_t i = 0; i < 2 * FEW; i++) {
        void *object = must(malloc(40 + i % 5 * 500));
        struct page **slot = &slots[((uintptr_t)object >> 4) & (SLOTS - 1)];
        if (*slot != NULL)
            free((*slot)->begin);
        free(*slot);
        *slot = new_page(object);
    }
    decoy_look("a cache by address", slots);
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i] != NULL)
            free(slots[i]->begin);
    free_all(slots);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"pages-by-address", pages_by_address},
        {"cached-by-address", cached_by_address},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
