/* Open addressing in chunks of 2,048 slots, by a vector of pointers to them, so that no large block
 * is ever asked for. When it grows all entries go into new chunks, and the old ones are freed. */
#include "scenario.h"

#define CHUNK_SHIFT 11
#define CHUNK_SLOTS ((size_t)1 << CHUNK_SHIFT)
#define IN_USE      (UINT64_C(1) << 63)

struct slot {
    uint64_t hash; /* 0: the slot is free */
    uint64_t key;
    uint64_t value;
    uint64_t seen;
};

struct table {
    struct slot **chunks;
    size_t mask, count;
};

static uint64_t hash_of(uint64_t key)
{
    key ^= key >> 32;
    key *= 0xd6e8feb86659fd93u;
    key ^= key >> 29;
    key *= 0xd6e8feb86659fd93u;
    return (key ^ key >> 32) | IN_USE;
}

static struct slot *slot_at(const struct table *t, size_t at)
{
    return &t->chunks[at >> CHUNK_SHIFT][at & (CHUNK_SLOTS - 1)];
}

static void make_chunks(struct table *t, size_t slots)
{
    t->mask = slots - 1;
    t->chunks = must(calloc(slots >> CHUNK_SHIFT, sizeof *t->chunks));
    for (size_t i = 0; i < slots >> CHUNK_SHIFT; i++)
        t->chunks[i] = must(calloc(CHUNK_SLOTS, sizeof **t->chunks));
}

static void free_chunks(struct table *t)
{
    for (size_t i = 0; i <= t->mask >> CHUNK_SHIFT; i++)
        free(t->chunks[i]);
    free(t->chunks);
}

static void *create(void)
{
    struct table *t = must(calloc(1, sizeof *t));
    make_chunks(t, CHUNK_SLOTS);
    return t;
}

/* The slot of the key, or the free one where it would be. */
static size_t find_slot(const struct table *t, uint64_t hash, uint64_t key)
{
    size_t at = hash & t->mask;
    while (slot_at(t, at)->hash != 0 &&
           (slot_at(t, at)->hash != hash || slot_at(t, at)->key != key))
        at = (at + 1) & t->mask;
    return at;
}

static void grow(struct table *t)
{
    struct table old = *t;
    make_chunks(t, 2 * (old.mask + 1));
    for (size_t at = 0; at <= old.mask; at++) {
        const struct slot *slot = slot_at(&old, at);
        if (slot->hash != 0)
            *slot_at(t, find_slot(t, slot->hash, slot->key)) = *slot;
    }
    free_chunks(&old);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct table *t = table;
    uint64_t hash = hash_of(key);
    struct slot *slot = slot_at(t, find_slot(t, hash, key));
    if (slot->hash == 0 && ++t->count * 4 > t->mask * 3) {
        grow(t);
        slot = slot_at(t, find_slot(t, hash, key));
    }
    *slot = (struct slot){.hash = hash, .key = key, .value = value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct table *t = table;
    const struct slot *slot = slot_at(t, find_slot(t, hash_of(key), key));
    *value = slot->value;
    return slot->hash != 0;
}

/* What lies behind it, up to a free slot, moves up where that is nearer to its own. */
static bool erase(void *table, uint64_t key)
{
    struct table *t = table;
    size_t hole = find_slot(t, hash_of(key), key);
    if (slot_at(t, hole)->hash == 0)
        return false;
    *slot_at(t, hole) = (struct slot){0};
    for (size_t at = (hole + 1) & t->mask; slot_at(t, at)->hash != 0; at = (at + 1) & t->mask) {
        size_t from_own = (at - slot_at(t, at)->hash) & t->mask;
        if (from_own < ((at - hole) & t->mask))
            continue;
        *slot_at(t, hole) = *slot_at(t, at);
        *slot_at(t, at) = (struct slot){0};
        hole = at;
    }
    t->count--;
    return true;
}

static void destroy(void *table)
{
    struct table *t = table;
    free_chunks(t);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct table *t = table;
    return (struct shape){.address = t->chunks[0],
                          .others = {t->chunks[1], t->chunks[t->mask >> CHUNK_SHIFT]},
                          .capacity = t->mask + 1,
                          .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 180000,
                                              .never_grows = true, /* no chunk does */
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
