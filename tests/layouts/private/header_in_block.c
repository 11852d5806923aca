/* Header and slots in one block, as those do who want one pointer and one free(). */
#include "scenario.h"

struct flat {
    uint32_t capacity;
    uint32_t live;
    uint32_t grow_at;
    uint32_t seed;
    struct {
        uint64_t key;
        uint64_t value;
    } slot[];
};

static struct flat *flat_new(uint32_t capacity)
{
    struct flat *flat = must(calloc(1, sizeof *flat + capacity * sizeof flat->slot[0]));
    flat->capacity = capacity;
    flat->grow_at = capacity - capacity / 4;
    flat->seed = 0x5bd1e995;
    return flat;
}

static uint32_t slot_of(const struct flat *flat, uint64_t key)
{
    uint64_t hash = (key + flat->seed) * 0xc6a4a7935bd1e995u; /* MurmurHash64A's constant */
    uint32_t i = (uint32_t)(hash >> 40) & (flat->capacity - 1);
    while (flat->slot[i].key != 0 && flat->slot[i].key != key)
        i = (i + 1) & (flat->capacity - 1);
    return i;
}

/* The handle that the driver holds: a growing table is a new block. */
static void *create(void)
{
    struct flat **handle = must(malloc(sizeof *handle));
    *handle = flat_new(64);
    return handle;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct flat **handle = table, *flat = *handle;
    if (flat->live == flat->grow_at) {
        struct flat *next = flat_new(flat->capacity * 2);
        for (uint32_t i = 0; i < flat->capacity; i++) {
            if (flat->slot[i].key != 0)
                next->slot[slot_of(next, flat->slot[i].key)] = flat->slot[i];
        }
        next->live = flat->live;
        free(flat);
        *handle = flat = next;
    }
    uint32_t i = slot_of(flat, key);
    flat->live += flat->slot[i].key == 0;
    flat->slot[i].key = key;
    flat->slot[i].value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct flat *flat = *(struct flat **)table;
    uint32_t i = slot_of(flat, key);
    *value = flat->slot[i].value;
    return flat->slot[i].key != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct flat *flat = *(struct flat **)table;
    uint32_t mask = flat->capacity - 1, i = slot_of(flat, key);
    if (flat->slot[i].key == 0)
        return false;
    flat->slot[i].key = flat->slot[i].value = 0;
    flat->live--;
    while (flat->slot[i = (i + 1) & mask].key != 0) {
        uint64_t again = flat->slot[i].key, value = flat->slot[i].value;
        flat->slot[i].key = flat->slot[i].value = 0;
        uint32_t to = slot_of(flat, again);
        flat->slot[to].key = again;
        flat->slot[to].value = value;
    }
    return true;
}

static void destroy(void *table)
{
    free(*(struct flat **)table);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct flat *flat = *(struct flat *const *)table;
    return (struct shape){.address = flat, .capacity = flat->capacity, .live = flat->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 210000,
                                              .capacity_tolerance =
                                                  0.001, /* the header's 16 bytes */
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
