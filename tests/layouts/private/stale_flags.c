/*
 * Slots with a flag, which is all that erasing changes. Nobody counts: the table doubles when an
 * entry would lie too far from its home, and what follows an erased slot is looked for behind it.
 */
#include "scenario.h"

enum { FARTHEST = 48 };

typedef struct {
    uint64_t key;
    uint64_t value;
    uint32_t used;
} slot_t;

typedef struct {
    slot_t *slots;
    size_t mask;
} flagged_t;

static size_t home(const flagged_t *f, uint64_t key)
{
    key *= 0xc4ceb9fe1a85ec53u;
    key ^= key >> 29;
    key *= 0xff51afd7ed558cc5u;
    return (size_t)(key >> 17) & f->mask;
}

static slot_t *at(const flagged_t *f, uint64_t key, size_t distance)
{
    return &f->slots[(home(f, key) + distance) & f->mask];
}

static slot_t *seek(const flagged_t *f, uint64_t key)
{
    for (size_t i = 0; i < FARTHEST; i++)
        if (at(f, key, i)->used && at(f, key, i)->key == key)
            return at(f, key, i);
    return NULL;
}

static bool place(flagged_t *f, uint64_t key, uint64_t value)
{
    for (size_t i = 0; i < FARTHEST; i++)
        if (!at(f, key, i)->used) {
            *at(f, key, i) = (slot_t){key, value, 1};
            return true;
        }
    return false;
}

static void enlarge(flagged_t *f)
{
    flagged_t bigger = {.mask = f->mask};
    bool fits = false;
    while (!fits) {
        free(bigger.slots);
        bigger.mask = bigger.mask * 2 + 1;
        bigger.slots = must(calloc(bigger.mask + 1, sizeof(slot_t)));
        fits = true;
        for (size_t i = 0; i <= f->mask && fits; i++)
            fits = !f->slots[i].used || place(&bigger, f->slots[i].key, f->slots[i].value);
    }
    free(f->slots);
    *f = bigger;
}

static void *create(void)
{
    flagged_t *f = must(calloc(1, sizeof(*f)));
    f->mask = 63;
    f->slots = must(calloc(f->mask + 1, sizeof(slot_t)));
    return f;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    slot_t *slot = seek(table, key);
    if (slot != NULL)
        slot->value = value;
    else
        while (!place(table, key, value))
            enlarge(table);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    slot_t *slot = seek(table, key);
    if (slot != NULL)
        *value = slot->value;
    return slot != NULL;
}

static bool erase(void *table, uint64_t key)
{
    slot_t *slot = seek(table, key);
    if (slot != NULL)
        slot->used = 0;
    return slot != NULL;
}

static void destroy(void *table)
{
    flagged_t *f = table;
    free(f->slots);
    free(f);
}

static struct shape shape(const void *table)
{
    const flagged_t *f = table;
    struct shape shape = {.address = f->slots, .capacity = f->mask + 1};
    for (size_t i = 0; i <= f->mask; i++)
        shape.live += f->slots[i].used;
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 180000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
