/*
 * Slots whose key is two numbers of 32 bits, both -1 where nothing was: what is erased becomes
 * -1 and -2 and keeps its value. The object counts the slots that were used and those erased, and
 * nowhere what is left.
 */
#include "scenario.h"

struct slot {
    uint32_t low, high;
    uint64_t value;
    double length;
    int32_t flags;
};

struct edges {
    struct slot *slots;
    size_t size, used, erased;
};

static size_t next_prime(size_t number)
{
    for (number |= 1;; number += 2) {
        size_t divisor = 3;
        while (divisor * divisor <= number && number % divisor != 0)
            divisor += 2;
        if (divisor * divisor > number)
            return number;
    }
}

static void allocate(struct edges *edges, size_t size)
{
    edges->size = size;
    edges->used = edges->erased = 0;
    edges->slots = must(malloc(size * sizeof *edges->slots));
    for (size_t i = 0; i < size; i++)
        edges->slots[i] = (struct slot){.low = UINT32_MAX, .high = UINT32_MAX};
}

static void *create(void)
{
    struct edges *edges = must(calloc(1, sizeof *edges));
    allocate(edges, 101);
    return edges;
}

/* The key's slot, or the unused one at which the search for it ends. */
static struct slot *slot_of(const struct edges *edges, uint64_t key)
{
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    for (size_t at = (key * 0x9e3779b97f4a7c15 >> 16) % edges->size;; at = (at + 1) % edges->size) {
        struct slot *slot = &edges->slots[at];
        if ((slot->low == low && slot->high == high) ||
            (slot->low == UINT32_MAX && slot->high == UINT32_MAX))
            return slot;
    }
}

static bool is_unused(const struct slot *slot)
{
    return slot->low == UINT32_MAX && slot->high == UINT32_MAX;
}

static void rehash(struct edges *edges)
{
    struct edges old = *edges;
    bool is_fuller = (old.used - old.erased) * 3 > old.size;
    allocate(edges, is_fuller ? next_prime(old.size + old.size / 2) : old.size);
    for (size_t i = 0; i < old.size; i++) {
        const struct slot *slot = &old.slots[i];
        if (slot->low == UINT32_MAX)
            continue;
        *slot_of(edges, (uint64_t)slot->high << 32 | slot->low) = *slot;
        edges->used++;
    }
    free(old.slots);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct edges *edges = table;
    if (edges->used * 2 > edges->size)
        rehash(edges);
    struct slot *slot = slot_of(edges, key);
    edges->used += is_unused(slot);
    *slot =
        (struct slot){(uint32_t)key, (uint32_t)(key >> 32), value, 0.25 * (double)(value % 40), 0};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct slot *slot = slot_of(table, key);
    *value = slot->value;
    return !is_unused(slot);
}

static bool erase(void *table, uint64_t key)
{
    struct edges *edges = table;
    struct slot *slot = slot_of(edges, key);
    if (is_unused(slot))
        return false;
    slot->low = UINT32_MAX;
    slot->high = UINT32_MAX - 1;
    edges->erased++;
    return true;
}

static void destroy(void *table)
{
    struct edges *edges = table;
    free(edges->slots);
    free(edges);
}

static struct shape shape(const void *table)
{
    const struct edges *edges = table;
    return (struct shape){.address = edges->slots,
                          .capacity = edges->size,
                          .live = edges->used - edges->erased,
                          .tombstones = edges->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 105000,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
