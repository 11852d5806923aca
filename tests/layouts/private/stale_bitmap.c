/*
 * Slots and, apart from them, a bit for each that is taken. Erasing clears the bit alone; it grows
 * when a probe gets long, and nobody counts.
 */
#include "scenario.h"

enum { LONGEST = 40 };

typedef struct {
    uint64_t name, value;
} pair_t;

typedef struct {
    pair_t *pairs;
    uint64_t *taken;
    uint64_t slots;
} mapped_t;

static uint64_t slot_of(uint64_t name, uint64_t probe, uint64_t slots)
{
    uint64_t h = (name ^ 0x94d049bb133111ebu) * 0xd1342543de82ef95u;
    h = (h ^ (h >> 31)) * 0xaf251af3b0f025b5u;
    return ((h >> 20) + probe) & (slots - 1);
}

static bool is_taken(const mapped_t *m, uint64_t slot)
{
    return m->taken[slot / 64] >> slot % 64 & 1;
}

static pair_t *seek(mapped_t *m, uint64_t name, uint64_t *slot)
{
    for (uint64_t probe = 0; probe < LONGEST; probe++) {
        *slot = slot_of(name, probe, m->slots);
        if (is_taken(m, *slot) && m->pairs[*slot].name == name)
            return &m->pairs[*slot];
    }
    return NULL;
}

static bool place(mapped_t *m, uint64_t name, uint64_t value)
{
    for (uint64_t probe = 0; probe < LONGEST; probe++) {
        uint64_t slot = slot_of(name, probe, m->slots);
        if (is_taken(m, slot))
            continue;
        m->pairs[slot] = (pair_t){name, value};
        m->taken[slot / 64] |= (uint64_t)1 << slot % 64;
        return true;
    }
    return false;
}

static mapped_t empty_of(uint64_t slots)
{
    return (mapped_t){.pairs = must(calloc(slots, sizeof(pair_t))),
                      .taken = must(calloc(slots / 64, sizeof(uint64_t))),
                      .slots = slots};
}

static void *create(void)
{
    mapped_t *m = must(malloc(sizeof(*m)));
    *m = empty_of(128);
    return m;
}

static void enlarge(mapped_t *m)
{
    mapped_t bigger = empty_of(m->slots * 2);
    for (uint64_t slot = 0; slot < m->slots; slot++)
        if (is_taken(m, slot) && !place(&bigger, m->pairs[slot].name, m->pairs[slot].value))
            abort(); /* it has room for twice as many */
    free(m->pairs);
    free(m->taken);
    *m = bigger;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    uint64_t slot;
    pair_t *pair = seek(table, key, &slot);
    if (pair != NULL)
        pair->value = value;
    else
        while (!place(table, key, value))
            enlarge(table);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint64_t slot;
    pair_t *pair = seek(table, key, &slot);
    if (pair != NULL)
        *value = pair->value;
    return pair != NULL;
}

static bool erase(void *table, uint64_t key)
{
    mapped_t *m = table;
    uint64_t slot;
    if (seek(m, key, &slot) == NULL)
        return false;
    m->taken[slot / 64] &= ~((uint64_t)1 << slot % 64);
    return true;
}

static void destroy(void *table)
{
    mapped_t *m = table;
    free(m->pairs);
    free(m->taken);
    free(m);
}

static struct shape shape(const void *table)
{
    const mapped_t *m = table;
    struct shape shape = {.address = m->pairs, .others = {m->taken, NULL}, .capacity = m->slots};
    for (uint64_t slot = 0; slot < m->slots; slot++)
        shape.live += is_taken(m, slot);
    return shape;
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
