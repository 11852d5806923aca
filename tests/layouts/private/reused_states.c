/* A slot knows whether it was ever deleted: deleted ones and those used again have states that no
 * slot had when the table grew. How many entries there are, nobody counts. */
#include "scenario.h"

enum { USED = 1, DELETED = 8 };

typedef struct {
    uint64_t hash;
    uint64_t key;
    uint64_t value;
    uint32_t state;
} Slot;

/* What only the growth needs lies elsewhere, as a size class and in thirds. */
static Slot *slots;
static char elsewhere[8192] = {1};
static uint32_t size_class;
static uint64_t thirds_ever_used;

static uint64_t capacity(void)
{
    return (uint64_t)64 << size_class / 10;
}

static uint64_t hash_key(uint64_t key)
{
    key = (key ^ key >> 31) * 0x7fb5d329728ea185u;
    return (key ^ key >> 27) | 1;
}

static Slot *lookup(uint64_t key)
{
    uint64_t hash = hash_key(key);
    for (uint64_t i = hash >> 7;; i++) {
        Slot *slot = &slots[i & (capacity() - 1)];
        if (slot->state == 0)
            return NULL;
        if (slot->state & USED && slot->key == key)
            return slot;
    }
}

static void place(uint64_t key, uint64_t value)
{
    uint64_t hash = hash_key(key), i = hash >> 7;
    while (slots[i & (capacity() - 1)].state & USED)
        i++;
    Slot *slot = &slots[i & (capacity() - 1)];
    thirds_ever_used += slot->state == 0 ? 3 : 0;
    *slot = (Slot){.hash = hash, .key = key, .value = value, .state = slot->state | USED};
}

static void *table_create(void)
{
    elsewhere[0]++;
    slots = must(calloc(capacity(), sizeof(Slot)));
    return &slots;
}

static void table_insert(void *table, uint64_t key, uint64_t value)
{
    (void)table;
    if (thirds_ever_used >= 2 * capacity()) {
        Slot *old = slots;
        uint64_t count = capacity();
        size_class += 10;
        slots = must(calloc(capacity(), sizeof(Slot)));
        thirds_ever_used = 0;
        for (uint64_t i = 0; i < count; i++)
            if (old[i].state & USED)
                place(old[i].key, old[i].value);
        free(old);
    }
    place(key, value);
}

static bool table_find(void *table, uint64_t key, uint64_t *value)
{
    (void)table;
    Slot *slot = lookup(key);
    if (slot == NULL)
        return false;
    *value = slot->value;
    return true;
}

static bool table_erase(void *table, uint64_t key)
{
    (void)table;
    Slot *slot = lookup(key);
    if (slot == NULL)
        return false;
    slot->state = DELETED;
    return true;
}

static void table_destroy(void *table)
{
    (void)table;
    free(slots);
}

static struct shape table_shape(const void *table)
{
    (void)table;
    struct shape shape = {.address = slots, .capacity = capacity()};
    for (uint64_t i = 0; i < capacity(); i++) {
        shape.live += slots[i].state & USED;
        shape.tombstones += slots[i].state == DELETED;
    }
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .erase_leaves_bytes = true,
                                              .create = table_create,
                                              .insert = table_insert,
                                              .find = table_find,
                                              .erase = table_erase,
                                              .destroy = table_destroy,
                                              .shape = table_shape};
    return run_scenario(argc, argv, &kind);
}
