/* Linear probing with a state byte in each 24-byte slot; erase sets the byte and nothing else. */
#include "scenario.h"

enum state { EMPTY, FULL, DELETED };

typedef struct {
    uint8_t state;
    uint64_t key;
    uint64_t value;
} Slot;

typedef struct {
    Slot *slots;
    uint32_t capacity;
    uint32_t count;
    uint32_t deleted;
} Table;

static uint32_t hash_key(uint64_t key)
{
    return (uint32_t)((key * 0x9fb21c651e98df25u) >> 32);
}

static Slot *lookup(const Table *t, uint64_t key)
{
    uint32_t i = hash_key(key) & (t->capacity - 1);
    while (t->slots[i].state != EMPTY) {
        if (t->slots[i].state == FULL && t->slots[i].key == key)
            return &t->slots[i];
        i = (i + 1) & (t->capacity - 1);
    }
    return NULL;
}

static void place(Table *t, uint64_t key, uint64_t value)
{
    uint32_t i = hash_key(key) & (t->capacity - 1);
    while (t->slots[i].state == FULL)
        i = (i + 1) & (t->capacity - 1);
    if (t->slots[i].state == DELETED)
        t->deleted--;
    t->slots[i].state = FULL;
    t->slots[i].key = key;
    t->slots[i].value = value;
    t->count++;
}

static void rehash(Table *t, uint32_t capacity)
{
    Table next = {.slots = must(calloc(capacity, sizeof(Slot))), .capacity = capacity};
    for (uint32_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].state == FULL)
            place(&next, t->slots[i].key, t->slots[i].value);
    }
    free(t->slots);
    *t = next;
}

static void *table_create(void)
{
    Table *t = must(calloc(1, sizeof *t));
    t->capacity = 16;
    t->slots = must(calloc(t->capacity, sizeof(Slot)));
    return t;
}

static void table_insert(void *table, uint64_t key, uint64_t value)
{
    Table *t = table;
    Slot *slot = lookup(t, key);
    if (slot != NULL) {
        slot->value = value;
        return;
    }
    if ((t->count + t->deleted + 1) * 4 > t->capacity * 3)
        rehash(t, t->count * 2 > t->capacity ? t->capacity * 2 : t->capacity);
    place(t, key, value);
}

static bool table_find(void *table, uint64_t key, uint64_t *value)
{
    Slot *slot = lookup(table, key);
    if (slot == NULL)
        return false;
    *value = slot->value;
    return true;
}

static bool table_erase(void *table, uint64_t key)
{
    Table *t = table;
    Slot *slot = lookup(t, key);
    if (slot == NULL)
        return false;
    slot->state = DELETED;
    t->count--;
    t->deleted++;
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
    return (struct shape){
        .address = t->slots, .capacity = t->capacity, .live = t->count, .tombstones = t->deleted};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .erase_leaves_bytes = true,
                                              .create = table_create,
                                              .insert = table_insert,
                                              .find = table_find,
                                              .erase = table_erase,
                                              .destroy = table_destroy,
                                              .shape = table_shape};
    return run_scenario(argc, argv, &kind);
}
