/* A visited set: slots are bare keys (pointers, usually), placed by multiply and shift. */
#include "scenario.h"

struct visited {
    uintptr_t *seen;
    unsigned shift;
    size_t count;
};

static size_t capacity_of(const struct visited *v)
{
    return (size_t)1 << (64 - v->shift);
}

static size_t first(const struct visited *v, uintptr_t key)
{
    return (key * 0x9e3779b97f4a7c15u) >> v->shift;
}

static size_t after(const struct visited *v, size_t slot)
{
    return slot + 1 < capacity_of(v) ? slot + 1 : 0;
}

static size_t locate(const struct visited *v, uintptr_t key)
{
    size_t slot = first(v, key);
    while (v->seen[slot] != 0 && v->seen[slot] != key)
        slot = after(v, slot);
    return slot;
}

static void *create(void)
{
    struct visited *v = must(malloc(sizeof *v));
    *v = (struct visited){.seen = must(calloc(128, sizeof(uintptr_t))), .shift = 64 - 7};
    return v;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct visited *v = table;
    (void)value;
    if (v->count + v->count / 2 >= capacity_of(v)) {
        struct visited bigger = {.shift = v->shift - 1, .count = v->count};
        bigger.seen = must(calloc(capacity_of(&bigger), sizeof(uintptr_t)));
        for (size_t i = 0; i < capacity_of(v); i++) {
            if (v->seen[i] != 0)
                bigger.seen[locate(&bigger, v->seen[i])] = v->seen[i];
        }
        free(v->seen);
        *v = bigger;
    }
    size_t slot = locate(v, key);
    v->count += v->seen[slot] == 0;
    v->seen[slot] = key;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct visited *v = table;
    *value = key * 3 + 1; /* a set stores none */
    return v->seen[locate(v, key)] != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct visited *v = table;
    size_t slot = locate(v, key);
    if (v->seen[slot] == 0)
        return false;
    v->seen[slot] = 0;
    v->count--;
    for (slot = after(v, slot); v->seen[slot] != 0; slot = after(v, slot)) {
        uintptr_t again = v->seen[slot];
        v->seen[slot] = 0;
        v->seen[locate(v, again)] = again;
    }
    return true;
}

static void destroy(void *table)
{
    free(((struct visited *)table)->seen);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct visited *v = table;
    return (struct shape){.address = v->seen, .capacity = capacity_of(v), .live = v->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
