/* Quadruples, so that it is at a fifth of its load right after growing, and that is no waste. */
#include "scenario.h"

struct entry {
    uint64_t key;
    uint64_t value;
};

struct quad {
    struct entry *entries;
    uint32_t size;
    uint32_t live;
};

static uint32_t hash(uint64_t key)
{
    uint32_t h = (uint32_t)key ^ (uint32_t)(key >> 32) * 0x9e3779b1u;
    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    return h ^ (h >> 15);
}

static struct entry *entry_for(struct quad *q, uint64_t key)
{
    struct entry *entry = &q->entries[hash(key) & (q->size - 1)];
    struct entry *end = q->entries + q->size;
    while (entry->key != 0 && entry->key != key) {
        if (++entry == end)
            entry = q->entries;
    }
    return entry;
}

static void *create(void)
{
    struct quad *q = must(malloc(sizeof *q));
    *q = (struct quad){.entries = must(calloc(64, sizeof(struct entry))), .size = 64};
    return q;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct quad *q = table;
    if (q->live >= q->size / 8 * 7) {
        struct quad next = {.size = q->size * 4, .live = q->live};
        next.entries = must(calloc(next.size, sizeof(struct entry)));
        for (uint32_t i = 0; i < q->size; i++) {
            if (q->entries[i].key != 0)
                *entry_for(&next, q->entries[i].key) = q->entries[i];
        }
        free(q->entries);
        *q = next;
    }
    struct entry *entry = entry_for(q, key);
    q->live += entry->key == 0;
    *entry = (struct entry){key, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct entry *entry = entry_for(table, key);
    *value = entry->value;
    return entry->key != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct quad *q = table;
    struct entry *entry = entry_for(q, key);
    if (entry->key == 0)
        return false;
    *entry = (struct entry){0, 0};
    q->live--;
    uint32_t i = (uint32_t)(entry - q->entries);
    while (q->entries[i = (i + 1) & (q->size - 1)].key != 0) {
        struct entry again = q->entries[i];
        q->entries[i] = (struct entry){0, 0};
        *entry_for(q, again.key) = again;
    }
    return true;
}

static void destroy(void *table)
{
    free(((struct quad *)table)->entries);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct quad *q = table;
    return (struct shape){.address = q->entries, .capacity = q->size, .live = q->live};
}

int main(int argc, char **argv)
{
    /* 240,000 is soon after the last growth, from 262,144 to 1,048,576 slots at 229,376 entries. */
    static const struct private_table kind = {.entries = 240000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
