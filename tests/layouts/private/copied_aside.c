/* Prices by article. When the table is too full its entries are copied aside, the slots freed and
 * new ones filled from the copy; it begins so large that this happens once. */
#include "scenario.h"

#define FIRST_SLOTS 131072u

typedef struct {
    uint64_t article; /* 0: nothing here */
    uint64_t price;
} slot;

typedef struct {
    slot *slots;
    uint32_t mask;
    uint32_t filled;
} prices;

static uint32_t home(const prices *p, uint64_t article)
{
    article ^= article >> 29;
    article *= 0x8a5cd789635d2dffu;
    article ^= article >> 41;
    article *= 0x121fd2155c472f96u | 1;
    return (uint32_t)(article >> 17) & p->mask;
}

static slot *seek(const prices *p, uint64_t article)
{
    uint32_t i = home(p, article);
    while (p->slots[i].article != 0 && p->slots[i].article != article)
        i = (i + 1) & p->mask;
    return &p->slots[i];
}

static void enlarge(prices *p)
{
    slot *aside = must(malloc(p->filled * sizeof *aside));
    uint32_t n = 0, slots = 2 * (p->mask + 1);
    for (uint32_t i = 0; i <= p->mask; i++)
        if (p->slots[i].article != 0)
            aside[n++] = p->slots[i];
    free(p->slots);
    p->slots = must(calloc(slots, sizeof *p->slots));
    p->mask = slots - 1;
    for (uint32_t i = 0; i < n; i++)
        *seek(p, aside[i].article) = aside[i];
    free(aside);
}

static void *create(void)
{
    prices *p = must(malloc(sizeof *p));
    p->slots = must(calloc(FIRST_SLOTS, sizeof *p->slots));
    p->mask = FIRST_SLOTS - 1;
    p->filled = 0;
    return p;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    prices *p = table;
    slot *s = seek(p, key);
    if (s->article == 0) {
        if (p->filled >= (p->mask + 1) / 4 * 3) {
            enlarge(p);
            s = seek(p, key);
        }
        s->article = key;
        p->filled++;
    }
    s->price = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const slot *s = seek(table, key);
    *value = s->price;
    return s->article != 0;
}

static bool erase(void *table, uint64_t key)
{
    prices *p = table;
    slot *hole = seek(p, key);
    if (hole->article == 0)
        return false;
    uint32_t gap = (uint32_t)(hole - p->slots);
    for (uint32_t i = (gap + 1) & p->mask; p->slots[i].article != 0; i = (i + 1) & p->mask)
        if (((i - home(p, p->slots[i].article)) & p->mask) >= ((i - gap) & p->mask)) {
            p->slots[gap] = p->slots[i];
            gap = i;
        }
    p->slots[gap] = (slot){0};
    p->filled--;
    return true;
}

static void destroy(void *table)
{
    prices *p = table;
    free(p->slots);
    free(p);
}

static struct shape shape(const void *table)
{
    const prices *p = table;
    return (struct shape){.address = p->slots, .capacity = p->mask + 1u, .live = p->filled};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
