/* Knows how much room is left until it must grow, and not how many entries it has. Keys lead to
 * their own slots, deleted ones leave a mark. */
#include "scenario.h"

#define NEVER_USED UINT64_MAX
#define DELETED    (UINT64_MAX - 1)

typedef struct {
    uint64_t key;
    uint64_t value;
} Slot;

typedef struct {
    Slot *slots;
    int32_t log2;
    int32_t room;
} Table;

static uint64_t slots_of(const Table *t)
{
    return (uint64_t)1 << t->log2;
}

static void start(Table *t, int32_t log2)
{
    t->log2 = log2;
    t->slots = must(malloc(slots_of(t) * sizeof(Slot)));
    for (uint64_t i = 0; i < slots_of(t); i++)
        t->slots[i] = (Slot){.key = NEVER_USED};
    t->room = (int32_t)(slots_of(t) / 4 * 3);
}

/* Where the key is, or else where it is to go. */
static Slot *find_slot(const Table *t, uint64_t key)
{
    Slot *reusable = NULL;
    uint64_t mask = slots_of(t) - 1;
    for (uint64_t i = key & mask, step = 1;; i = (i + step++) & mask) {
        Slot *slot = &t->slots[i];
        if (slot->key == key)
            return slot;
        if (slot->key == NEVER_USED)
            return reusable ? reusable : slot;
        if (slot->key == DELETED && !reusable)
            reusable = slot;
    }
}

static void put(Table *t, Slot entry)
{
    Slot *slot = find_slot(t, entry.key);
    t->room -= slot->key == NEVER_USED;
    *slot = entry;
}

static void *table_create(void)
{
    Table *t = must(calloc(1, sizeof *t));
    start(t, 4);
    return t;
}

static void table_insert(void *table, uint64_t key, uint64_t value)
{
    Table *t = table;
    if (t->room == 0) {
        Slot *old = t->slots;
        uint64_t count = slots_of(t);
        start(t, t->log2 + 1);
        for (uint64_t i = 0; i < count; i++)
            if (old[i].key < DELETED)
                put(t, old[i]);
        free(old);
    }
    put(t, (Slot){.key = key, .value = value});
}

static bool table_find(void *table, uint64_t key, uint64_t *value)
{
    Slot *slot = find_slot(table, key);
    if (slot->key != key)
        return false;
    *value = slot->value;
    return true;
}

static bool table_erase(void *table, uint64_t key)
{
    Slot *slot = find_slot(table, key);
    if (slot->key != key)
        return false;
    *slot = (Slot){.key = DELETED};
    return true;
}

static void table_destroy(void *table)
{
    Table *t = table;
    free(t->slots);
    free(t);
}

static struct shape table_shape(const void *table)
{
    const Table *t = table;
    struct shape shape = {.address = t->slots, .capacity = slots_of(t)};
    for (uint64_t i = 0; i < slots_of(t); i++) {
        shape.live += t->slots[i].key < DELETED;
        shape.tombstones += t->slots[i].key == DELETED;
    }
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 380000,
                                              .ids_look_like_an_array = true,
                                              .leaves_tombstones = true,
                                              .create = table_create,
                                              .insert = table_insert,
                                              .find = table_find,
                                              .erase = table_erase,
                                              .destroy = table_destroy,
                                              .shape = table_shape};
    return run_scenario(argc, argv, &kind);
}
