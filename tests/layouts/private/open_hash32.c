/* Linear probing over slots that keep a 32-bit hash: 0 for never used, 1 for deleted. Sized for the
 * file that is read, never changed. */
#include "scenario.h"

#define SLOTS (1u << 18)

typedef struct {
    uint32_t hash;
    uint32_t line;
    uint64_t key;
    uint64_t value;
} slot_t;

typedef struct {
    uint32_t live, dead;
    slot_t *slots;
} map_t;

static uint32_t hash_of(uint64_t key)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (int i = 0; i < 8; i++) {
        h ^= (uint32_t)(key >> 8 * i & 0xff);
        h *= 16777619u;
    }
    return h < 2 ? h + 2 : h;
}

static slot_t *probe(map_t *m, uint64_t key, uint32_t hash)
{
    for (uint32_t i = hash & (SLOTS - 1);; i = (i + 1) & (SLOTS - 1))
        if (m->slots[i].hash == 0 || (m->slots[i].hash == hash && m->slots[i].key == key))
            return &m->slots[i];
}

static void *create(void)
{
    map_t *m = must(calloc(1, sizeof *m));
    m->slots = must(calloc(SLOTS, sizeof *m->slots));
    return m;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    map_t *m = table;
    uint32_t hash = hash_of(key);
    slot_t *slot = probe(m, key, hash);
    if (slot->hash == 0) {
        m->live++;
        *slot = (slot_t){.hash = hash, .line = m->live % 1000, .key = key};
    }
    slot->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    slot_t *slot = probe(table, key, hash_of(key));
    *value = slot->value;
    return slot->hash != 0;
}

static bool erase(void *table, uint64_t key)
{
    map_t *m = table;
    slot_t *slot = probe(m, key, hash_of(key));
    if (slot->hash == 0)
        return false;
    slot->hash = 1;
    m->live--;
    m->dead++;
    return true;
}

static void destroy(void *table)
{
    map_t *m = table;
    free(m->slots);
    free(m);
}

static struct shape shape(const void *table)
{
    const map_t *m = table;
    return (struct shape){
        .address = m->slots, .capacity = SLOTS, .live = m->live, .tombstones = m->dead};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 170000,
                                              .never_grows = true,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
