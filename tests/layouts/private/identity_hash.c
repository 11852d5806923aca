/*
 * Integers are their own hash, as std::hash has it, and the mask takes the low bits: with random
 * keys a table like any other, with keys 1..n an array indexed by id. Keys and values are the two
 * halves of one block; entries stand in the order of their homes.
 */
#include "scenario.h"

struct halves {
    uint64_t *keys;   /* keys[capacity], then values[capacity] */
    uint64_t *values; /* keys + capacity */
    size_t capacity;
    size_t live;
};

static struct halves with_capacity(size_t capacity)
{
    uint64_t *block = must(calloc(2 * capacity, sizeof *block));
    return (struct halves){block, block + capacity, capacity, 0};
}

/* How far the key in `slot` stands from its home. */
static size_t distance(const struct halves *h, size_t slot)
{
    return (slot - h->keys[slot]) & (h->capacity - 1);
}

/* The slot of the key, or where it would have to go: in front of the first that is nearer home. */
static size_t slot_of(const struct halves *h, uint64_t key)
{
    size_t slot = key & (h->capacity - 1);
    for (size_t d = 0; h->keys[slot] != 0 && h->keys[slot] != key && distance(h, slot) >= d; d++)
        slot = (slot + 1) & (h->capacity - 1);
    return slot;
}

static void put(struct halves *h, uint64_t key, uint64_t value)
{
    size_t slot = slot_of(h, key);
    if (h->keys[slot] == key) {
        h->values[slot] = value;
        return;
    }
    while (key != 0) { /* each moves the next one on until a slot is empty */
        uint64_t next_key = h->keys[slot], next_value = h->values[slot];
        h->keys[slot] = key;
        h->values[slot] = value;
        key = next_key;
        value = next_value;
        slot = (slot + 1) & (h->capacity - 1);
    }
    h->live++;
}

static void *create(void)
{
    struct halves *h = must(malloc(sizeof *h));
    *h = with_capacity(128);
    return h;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct halves *h = table;
    if (h->live * 4 >= h->capacity * 3) {
        struct halves bigger = with_capacity(h->capacity * 2);
        for (size_t i = 0; i < h->capacity; i++) {
            if (h->keys[i] != 0)
                put(&bigger, h->keys[i], h->values[i]);
        }
        free(h->keys);
        *h = bigger;
    }
    put(h, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct halves *h = table;
    size_t slot = slot_of(h, key);
    *value = h->values[slot];
    return h->keys[slot] == key;
}

static bool erase(void *table, uint64_t key)
{
    struct halves *h = table;
    size_t slot = slot_of(h, key), next;
    if (h->keys[slot] != key)
        return false;
    while (h->keys[next = (slot + 1) & (h->capacity - 1)] != 0 && distance(h, next) > 0) {
        h->keys[slot] = h->keys[next];
        h->values[slot] = h->values[next];
        slot = next;
    }
    h->keys[slot] = h->values[slot] = 0;
    h->live--;
    return true;
}

static void destroy(void *table)
{
    free(((struct halves *)table)->keys);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct halves *h = table;
    return (struct shape){.address = h->keys, .capacity = h->capacity, .live = h->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .ids_look_like_an_array = true,
                                              .capacity_tolerance = 1, /* or twice as many halves */
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
