/* Two sets that are given the same keys in turn, and so grow right after each other by the factor
 * of four; then only one of them is swept. Objects on the heap, with a small table in themselves.
 */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

#define KEYS  70000
#define SMALL 8
#define NEAR  9 /* slots that are tried one after another */

struct slot {
    uint64_t key; /* 0: empty; 1: deleted */
    uint64_t hash;
};

struct set {
    uint64_t fill, used, mask;
    struct slot *slots;
    struct slot small[SMALL];
};

/* Numbers in sequence stay in order. */
static uint64_t hash_of(uint64_t number)
{
    return number * 1021 + 3;
}

static struct set *new_set(void)
{
    struct set *set = must(calloc(1, sizeof *set));
    set->mask = SMALL - 1;
    set->slots = set->small;
    return set;
}

static struct slot *look_up(const struct set *set, uint64_t key, uint64_t hash)
{
    uint64_t perturb = hash, at = perturb & set->mask;
    for (;;) {
        uint64_t last = at + NEAR <= set->mask ? at + NEAR : at;
        for (uint64_t near = at; near <= last; near++)
            if (set->slots[near].key == 0 || set->slots[near].key == key)
                return &set->slots[near];
        perturb >>= 5;
        at = (at * 5 + 1 + perturb) & set->mask;
    }
}

static void grow(struct set *set)
{
    struct set old = *set;
    set->mask = (set->mask + 1) * 4 - 1;
    set->slots = must(calloc(set->mask + 1, sizeof(struct slot)));
    for (uint64_t i = 0; i <= old.mask; i++) {
        const struct slot *from = (old.slots == old.small ? old.small : old.slots) + i;
        if (from->key > 1)
            *look_up(set, from->key, from->hash) = *from;
    }
    set->fill = set->used;
    if (old.mask + 1 > SMALL)
        free(old.slots);
}

static void put(struct set *set, uint64_t key, uint64_t hash)
{
    struct slot *slot = look_up(set, key, hash);
    if (slot->key == key)
        return;
    *slot = (struct slot){key, hash};
    set->fill++;
    set->used++;
    if (set->fill * 5 >= set->mask * 3)
        grow(set);
}

static void take_out(struct set *set, uint64_t key, uint64_t hash)
{
    struct slot *slot = look_up(set, key, hash);
    if (slot->key != key)
        abort();
    *slot = (struct slot){1, UINT64_MAX};
    set->used--;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = KEYS};
    bool is_hollow = argc > 1 && strcmp(argv[1], "hollow") == 0;
    struct keys keys = keys_new(argc > 2 ? argv[2] : "random", KEYS);
    struct set *full = new_set(), *swept = new_set();
    for (uint64_t i = 0; i < KEYS; i++) {
        put(full, keys_at(&keys, i), hash_of(i));
        put(swept, keys_at(&keys, i), hash_of(i));
    }
    for (uint64_t i = 0; is_hollow && i < KEYS; i++)
        if (i % 64 != 0)
            take_out(swept, keys_at(&keys, i), hash_of(i));
    HASHTRACK_SNAPSHOT("end");
    const struct set *sets[] = {full, swept};
    for (int i = 0; i < 2; i++) {
        const struct shape shape = {.address = sets[i]->slots,
                                    .capacity = sets[i]->mask + 1,
                                    .live = sets[i]->used,
                                    .tombstones = sets[i]->fill - sets[i]->used};
        table_truth(&kind, &shape, i == 1 && is_hollow ? "hollow" : "ok", "end", &keys, false);
    }
    for (int i = 0; i < 2; i++)
        free(sets[i]->slots);
    free(full);
    free(swept);
    keys_free(&keys);
    return 0;
}
