/* Grows by half, any size at all: the slot is hash modulo capacity. */
#include "scenario.h"

struct kv {
    uint64_t k;
    uint64_t v;
};

struct assoc {
    struct kv *table;
    size_t capacity;
    size_t n;
};

static size_t where(const struct assoc *a, uint64_t k)
{
    uint64_t h = k * 0xd1342543de82ef95u + 1;
    size_t i = (h ^ (h >> 32)) % a->capacity;
    while (a->table[i].k && a->table[i].k != k)
        i = (i + 1) % a->capacity;
    return i;
}

static void *create(void)
{
    struct assoc *a = must(malloc(sizeof *a));
    *a = (struct assoc){must(calloc(100, sizeof(struct kv))), 100, 0};
    return a;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct assoc *a = table;
    if (a->n * 10 > a->capacity * 6) {
        struct kv *old = a->table;
        size_t old_capacity = a->capacity;
        a->capacity += a->capacity / 2;
        a->table = must(calloc(a->capacity, sizeof(struct kv)));
        for (size_t i = 0; i < old_capacity; i++) {
            if (old[i].k)
                a->table[where(a, old[i].k)] = old[i];
        }
        free(old);
    }
    size_t i = where(a, key);
    a->n += a->table[i].k == 0;
    a->table[i] = (struct kv){key, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct assoc *a = table;
    size_t i = where(a, key);
    *value = a->table[i].v;
    return a->table[i].k != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct assoc *a = table;
    size_t i = where(a, key);
    if (a->table[i].k == 0)
        return false;
    a->table[i] = (struct kv){0, 0};
    a->n--;
    for (i = (i + 1) % a->capacity; a->table[i].k != 0; i = (i + 1) % a->capacity) {
        struct kv kv = a->table[i];
        a->table[i] = (struct kv){0, 0};
        a->table[where(a, kv.k)] = kv;
    }
    return true;
}

static void destroy(void *table)
{
    free(((struct assoc *)table)->table);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct assoc *a = table;
    return (struct shape){.address = a->table, .capacity = a->capacity, .live = a->n};
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
