/*
 * Collisions linked within the slots: a newcomer whose slot is taken goes into the last free one,
 * and whoever sits in a slot that is not its own moves there. So every chain has one home, and
 * erasing takes a slot out of its chain and clears it.
 */
#include "scenario.h"

#define END (-1)

typedef struct {
    uint64_t key;
    uint64_t value;
    int32_t next;
} slot_t;

typedef struct {
    slot_t *slots;
    int32_t size;
    int32_t last_free;
    int32_t count;
} linked_t;

static int32_t main_slot(const linked_t *t, uint64_t key)
{
    uint64_t h = key ^ (key >> 30);
    h *= 0xa24baed4963ee407u;
    h ^= h >> 25;
    h *= 0x9fb21c651e98df25u;
    return (int32_t)((h ^ (h >> 28)) & (uint64_t)(t->size - 1));
}

static void put(linked_t *t, uint64_t key, uint64_t value);

static void make_slots(linked_t *t, int32_t size)
{
    t->slots = must(malloc((size_t)size * sizeof(slot_t)));
    for (int32_t i = 0; i < size; i++)
        t->slots[i] = (slot_t){0, 0, END};
    t->size = t->last_free = size;
    t->count = 0;
}

static void enlarge(linked_t *t)
{
    slot_t *old = t->slots;
    int32_t size = t->size;
    make_slots(t, size * 2);
    for (int32_t i = 0; i < size; i++)
        if (old[i].key != 0)
            put(t, old[i].key, old[i].value);
    free(old);
}

static void put(linked_t *t, uint64_t key, uint64_t value)
{
    slot_t *mine = &t->slots[main_slot(t, key)];
    if (mine->key != 0) {
        int32_t unused = t->last_free - 1;
        while (unused >= 0 && t->slots[unused].key != 0)
            unused--;
        if (unused < 0) {
            enlarge(t);
            put(t, key, value);
            return;
        }
        t->last_free = unused;
        int32_t other = main_slot(t, mine->key);
        if (&t->slots[other] == mine) {
            t->slots[unused] = (slot_t){key, value, mine->next};
            mine->next = unused;
            t->count++;
            return;
        }
        while (&t->slots[t->slots[other].next] != mine)
            other = t->slots[other].next;
        t->slots[other].next = unused;
        t->slots[unused] = *mine;
    }
    *mine = (slot_t){key, value, END};
    t->count++;
}

static slot_t *get(linked_t *t, uint64_t key, slot_t **before)
{
    slot_t *slot = &t->slots[main_slot(t, key)];
    *before = NULL;
    while (slot->key != key) {
        if (slot->next == END)
            return NULL;
        *before = slot;
        slot = &t->slots[slot->next];
    }
    return slot;
}

static void *create(void)
{
    linked_t *t = must(calloc(1, sizeof(*t)));
    make_slots(t, 16);
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    slot_t *before, *slot = get(table, key, &before);
    if (slot != NULL)
        slot->value = value;
    else
        put(table, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    slot_t *before, *slot = get(table, key, &before);
    if (slot != NULL)
        *value = slot->value;
    return slot != NULL;
}

static bool erase(void *table, uint64_t key)
{
    linked_t *t = table;
    slot_t *before, *slot = get(t, key, &before);
    if (slot == NULL)
        return false;
    if (before != NULL) {
        before->next = slot->next;
    } else if (slot->next != END) {
        slot_t *next = &t->slots[slot->next];
        *slot = *next;
        slot = next;
    }
    *slot = (slot_t){0, 0, END};
    if (slot - t->slots >= t->last_free)
        t->last_free = (int32_t)(slot - t->slots) + 1;
    t->count--;
    return true;
}

static void destroy(void *table)
{
    linked_t *t = table;
    free(t->slots);
    free(t);
}

static struct shape shape(const void *table)
{
    const linked_t *t = table;
    return (struct shape){
        .address = t->slots, .capacity = (uint64_t)t->size, .live = (uint64_t)t->count};
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
