/*
 * Slots of a key, a state and a value, as many as the primes next above powers of two: the mixed
 * key modulo the prime is where it belongs, and the next slot that is not in use is where it goes.
 * What was erased is marked, and swept out by the next growth.
 */
#include "scenario.h"

#define ABOVE 100u /* the power of two */

enum state { EMPTY, USED, ERASED };

struct slot {
    uint32_t key;
    uint32_t state; /* enum state */
    uint64_t value;
    uint64_t rest[8];
};

struct slots {
    struct slot *slots;
    size_t power, size, used, erased;
};

static size_t prime_from(size_t n)
{
    for (n |= 1;; n += 2) {
        size_t divisor = 3;
        while (divisor * divisor <= n && n % divisor != 0)
            divisor += 2;
        if (divisor * divisor > n)
            return n;
    }
}

static void *create(void)
{
    struct slots *table = must(malloc(sizeof *table));
    *table = (struct slots){.power = 64, .size = prime_from(64 + ABOVE)};
    table->slots = must(calloc(table->size, sizeof(struct slot)));
    return table;
}

static size_t slot_of(const struct slots *table, uint32_t key)
{
    size_t at = key * 2654435769u % table->size;
    while (table->slots[at].state != EMPTY &&
           !(table->slots[at].state == USED && table->slots[at].key == key))
        at = at + 1 == table->size ? 0 : at + 1;
    return at;
}

static void put(struct slots *table, uint32_t key, uint64_t value)
{
    size_t at = slot_of(table, key);
    table->used += table->slots[at].state == EMPTY;
    table->slots[at] = (struct slot){.key = key, .state = USED, .value = value};
}

static void grow(struct slots *table)
{
    struct slots old = *table;
    table->power *= 2;
    table->size = prime_from(table->power + ABOVE);
    table->slots = must(calloc(table->size, sizeof(struct slot)));
    table->used = table->erased = 0;
    for (size_t i = 0; i < old.size; i++) {
        if (old.slots[i].state == USED)
            put(table, old.slots[i].key, old.slots[i].value);
    }
    free(old.slots);
}

static void insert(void *handle, uint64_t key, uint64_t value)
{
    struct slots *table = handle;
    if ((table->used + table->erased) * 4 >= table->size * 3)
        grow(table);
    put(table, (uint32_t)key, value);
}

static bool find(void *handle, uint64_t key, uint64_t *value)
{
    struct slots *table = handle;
    const struct slot *slot = &table->slots[slot_of(table, (uint32_t)key)];
    *value = slot->value;
    return slot->state == USED;
}

static bool erase(void *handle, uint64_t key)
{
    struct slots *table = handle;
    struct slot *slot = &table->slots[slot_of(table, (uint32_t)key)];
    if (slot->state != USED)
        return false;
    slot->state = ERASED;
    table->used--;
    table->erased++;
    return true;
}

static void destroy(void *handle)
{
    free(((struct slots *)handle)->slots);
    free(handle);
}

static struct shape shape(const void *handle)
{
    const struct slots *table = handle;
    return (struct shape){.address = table->slots,
                          .capacity = table->size,
                          .live = table->used,
                          .tombstones = table->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 20000,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
