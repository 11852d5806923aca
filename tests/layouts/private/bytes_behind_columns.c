/* Keys, then values, then a byte for each slot (how far it is from its home, plus 1), all in one
 * block to which the table keeps three pointers. Robin hood; primes near a doubling. */
#include "scenario.h"

typedef struct {
    uint64_t *key;
    uint64_t *value;
    uint8_t *reach;
    uint64_t slots, count, limit;
} RHTable;

static const uint64_t PRIMES[] = {53,    97,    193,   389,   769,    1543,   3079,  6151,
                                  12289, 24593, 49157, 98317, 196613, 393241, 786433};

static void rh_alloc(RHTable *t, uint64_t slots)
{
    t->key = must(calloc(slots, 2 * sizeof(uint64_t) + 1));
    t->value = t->key + slots;
    t->reach = (uint8_t *)(t->value + slots);
    t->slots = slots;
    t->count = 0;
    t->limit = slots * 7 / 10;
}

static uint64_t rh_home(const RHTable *t, uint64_t key)
{
    key ^= key >> 31;
    key *= 0x7fb5d329728ea185u;
    key ^= key >> 27;
    key *= 0x81dadef4bc2dd44du;
    return (key ^ key >> 33) % t->slots;
}

static void *create(void)
{
    RHTable *t = must(calloc(1, sizeof *t));
    rh_alloc(t, PRIMES[0]);
    return t;
}

static bool rh_find(const RHTable *t, uint64_t key, uint64_t *at)
{
    uint64_t i = rh_home(t, key);
    for (unsigned d = 1; t->reach[i] >= d; d++) {
        if (t->key[i] == key) {
            *at = i;
            return true;
        }
        i = i + 1 == t->slots ? 0 : i + 1;
    }
    return false;
}

static void rh_grow(RHTable *t);

static void rh_add(RHTable *t, uint64_t key, uint64_t value)
{
    uint64_t i = rh_home(t, key);
    uint8_t d = 1;
    while (t->reach[i] != 0) {
        if (t->reach[i] < d) {
            uint64_t k = t->key[i], v = t->value[i];
            uint8_t r = t->reach[i];
            t->key[i] = key, t->value[i] = value, t->reach[i] = d;
            key = k, value = v, d = r;
        }
        i = i + 1 == t->slots ? 0 : i + 1;
        if (++d == 255) {
            rh_grow(t);
            rh_add(t, key, value);
            return;
        }
    }
    t->key[i] = key, t->value[i] = value, t->reach[i] = d;
    t->count++;
}

static void rh_grow(RHTable *t)
{
    RHTable old = *t;
    unsigned p = 0;
    while (PRIMES[p] <= old.slots)
        p++;
    rh_alloc(t, PRIMES[p]);
    for (uint64_t i = 0; i < old.slots; i++)
        if (old.reach[i] != 0)
            rh_add(t, old.key[i], old.value[i]);
    free(old.key);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    RHTable *t = table;
    uint64_t at;
    if (rh_find(t, key, &at)) {
        t->value[at] = value;
        return;
    }
    if (t->count >= t->limit)
        rh_grow(t);
    rh_add(t, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint64_t at;
    if (!rh_find(table, key, &at))
        return false;
    *value = ((RHTable *)table)->value[at];
    return true;
}

static bool erase(void *table, uint64_t key)
{
    RHTable *t = table;
    uint64_t at, next;
    if (!rh_find(t, key, &at))
        return false;
    for (;; at = next) {
        next = at + 1 == t->slots ? 0 : at + 1;
        if (t->reach[next] <= 1)
            break;
        t->key[at] = t->key[next];
        t->value[at] = t->value[next];
        t->reach[at] = (uint8_t)(t->reach[next] - 1);
    }
    t->key[at] = t->value[at] = 0;
    t->reach[at] = 0;
    t->count--;
    return true;
}

static void destroy(void *table)
{
    free(((RHTable *)table)->key);
    free(table);
}

static struct shape shape(const void *table)
{
    const RHTable *t = table;
    return (struct shape){.address = t->key, .capacity = t->slots, .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
