/*
 * Buckets of a pointer, a length and a room, as many as a prime number, a fifth more each time.
 * Keys in sequence lie in them one by one: there is nothing that a hash left to chance.
 */
#include "scenario.h"

struct item {
    uint64_t name;
    uint32_t flags, weight;
    uint64_t value;
};

struct drawer {
    struct item *items;
    uint32_t filled, room;
};

struct cabinet {
    struct drawer *drawers;
    void *context;
    uint32_t size, items;
};

static uint32_t prime_from(uint32_t number)
{
    for (number |= 1;; number += 2) {
        uint32_t divisor = 3;
        while (divisor * divisor <= number && number % divisor != 0)
            divisor += 2;
        if (divisor * divisor > number)
            return number;
    }
}

static struct drawer *drawers(uint32_t size)
{
    return must(calloc(size, sizeof(struct drawer)));
}

static void *create(void)
{
    struct cabinet *cabinet = must(calloc(1, sizeof(*cabinet)));
    cabinet->size = 7;
    cabinet->drawers = drawers(cabinet->size);
    return cabinet;
}

static struct drawer *drawer_of(const struct cabinet *cabinet, uint64_t key)
{
    return &cabinet->drawers[key * 5 % cabinet->size];
}

static void add(struct drawer *drawer, const struct item *item)
{
    if (drawer->filled + 1 >= drawer->room) {
        drawer->room = (drawer->filled + 1) * 2;
        drawer->items = must(realloc(drawer->items, drawer->room * sizeof(*drawer->items)));
    }
    drawer->items[drawer->filled++] = *item;
}

static void enlarge(struct cabinet *cabinet)
{
    struct cabinet larger = *cabinet;
    larger.size = prime_from(cabinet->size * 6 / 5 + 1);
    larger.drawers = drawers(larger.size);
    for (uint32_t i = 0; i < cabinet->size; i++)
        for (uint32_t nth = 0; nth < cabinet->drawers[i].filled; nth++)
            add(drawer_of(&larger, cabinet->drawers[i].items[nth].name),
                &cabinet->drawers[i].items[nth]);
    for (uint32_t i = 0; i < cabinet->size; i++)
        free(cabinet->drawers[i].items);
    free(cabinet->drawers);
    *cabinet = larger;
}

static struct item *item_of(const struct cabinet *cabinet, uint64_t key)
{
    const struct drawer *drawer = drawer_of(cabinet, key);
    for (uint32_t nth = 0; nth < drawer->filled; nth++)
        if (drawer->items[nth].name == key)
            return &drawer->items[nth];
    return NULL;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cabinet *cabinet = table;
    struct item *known = item_of(cabinet, key);
    if (known != NULL) {
        known->value = value;
        return;
    }
    add(drawer_of(cabinet, key), &(struct item){.name = key, .value = value});
    if (++cabinet->items >= cabinet->size)
        enlarge(cabinet);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct item *item = item_of(table, key);
    if (item != NULL)
        *value = item->value;
    return item != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct cabinet *cabinet = table;
    struct drawer *drawer = drawer_of(cabinet, key);
    struct item *item = item_of(cabinet, key);
    if (item == NULL)
        return false;
    *item = drawer->items[--drawer->filled];
    cabinet->items--;
    return true;
}

static void destroy(void *table)
{
    struct cabinet *cabinet = table;
    for (uint32_t i = 0; i < cabinet->size; i++)
        free(cabinet->drawers[i].items);
    free(cabinet->drawers);
    free(cabinet);
}

static struct shape shape(const void *table)
{
    const struct cabinet *cabinet = table;
    return (struct shape){
        .address = cabinet->drawers, .capacity = cabinet->size, .live = cabinet->items};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
