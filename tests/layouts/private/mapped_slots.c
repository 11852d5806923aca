/* Slots come from mmap and go back by munmap: malloc never hears of them. */
#include <sys/mman.h>

#include "scenario.h"

struct mapped_slot {
    uint64_t key;
    uint64_t value;
};

struct mapped {
    struct mapped_slot *slots;
    uint64_t capacity;
    uint64_t live;
};

static struct mapped_slot *map_slots(uint64_t capacity)
{
    void *memory = mmap(NULL, capacity * sizeof(struct mapped_slot), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return must(memory == MAP_FAILED ? NULL : memory);
}

static struct mapped_slot *slot_for(const struct mapped *m, uint64_t key)
{
    uint64_t hash = (key ^ (key >> 31)) * 0xbea225f9eb34556du;
    uint64_t i = (hash ^ (hash >> 29)) & (m->capacity - 1);
    while (m->slots[i].key != 0 && m->slots[i].key != key)
        i = (i + 1) & (m->capacity - 1);
    return &m->slots[i];
}

static void *create(void)
{
    struct mapped *m = must(malloc(sizeof *m));
    *m = (struct mapped){map_slots(256), 256, 0};
    return m;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct mapped *m = table;
    if (m->live * 4 >= m->capacity * 3) {
        struct mapped twice = {map_slots(m->capacity * 2), m->capacity * 2, m->live};
        for (uint64_t i = 0; i < m->capacity; i++) {
            if (m->slots[i].key != 0)
                *slot_for(&twice, m->slots[i].key) = m->slots[i];
        }
        munmap(m->slots, m->capacity * sizeof(struct mapped_slot));
        *m = twice;
    }
    struct mapped_slot *slot = slot_for(m, key);
    m->live += slot->key == 0;
    *slot = (struct mapped_slot){key, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct mapped_slot *slot = slot_for(table, key);
    *value = slot->value;
    return slot->key != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct mapped *m = table;
    struct mapped_slot *slot = slot_for(m, key);
    if (slot->key == 0)
        return false;
    *slot = (struct mapped_slot){0, 0};
    m->live--;
    uint64_t i = (uint64_t)(slot - m->slots);
    while (m->slots[i = (i + 1) & (m->capacity - 1)].key != 0) {
        struct mapped_slot again = m->slots[i];
        m->slots[i] = (struct mapped_slot){0, 0};
        *slot_for(m, again.key) = again;
    }
    return true;
}

static void destroy(void *table)
{
    struct mapped *m = table;
    munmap(m->slots, m->capacity * sizeof(struct mapped_slot));
    free(m);
}

static struct shape shape(const void *table)
{
    const struct mapped *m = table;
    return (struct shape){.address = m->slots, .capacity = m->capacity, .live = m->live};
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
