/*
 * A table of our own that lies in memory and grows as Valkey 9.1's hashtable does, which
 * Debian does not package: 64-byte buckets of seven pointers, child buckets, entries that move a
 * bucket at a time into a bigger or smaller array. Scenarios: full, hollow (it shrinks by itself),
 * churn, capacity; kinds: rest, moving (the scenario ends in the middle of a rehash).
 */
#include "faithful.h"

#define PLACES 7

struct bucket {
    uint8_t is_chained : 1, presence : PLACES;
    uint8_t hashes[PLACES];
    void *entries[PLACES];
};

static struct table {
    const void *type;
    int64_t rehash_index;
    struct bucket *arrays[2];
    size_t used[2];
    int8_t exponents[2];
    int16_t pause_rehash, pause_auto_shrink;
    size_t child_buckets[2];
} table;

static uint64_t keys[400000];

static uint64_t hash_of(const uint64_t *entry)
{
    uint64_t key = *entry * 0x9e3779b97f4a7c15u;
    return key ^ key >> 31;
}

static size_t buckets_of(unsigned which)
{
    return table.exponents[which] == -1 ? 0 : (size_t)1 << table.exponents[which];
}

static bool is_rehashing(void)
{
    return table.rehash_index != -1;
}

static void empty_array(unsigned which)
{
    table.arrays[which] = NULL;
    table.used[which] = table.child_buckets[which] = 0;
    table.exponents[which] = -1;
}

static struct bucket *child_of(const struct bucket *bucket)
{
    return bucket->is_chained ? bucket->entries[PLACES - 1] : NULL;
}

static void place(struct bucket *into, unsigned at, void *entry, uint8_t hash)
{
    into->entries[at] = entry;
    into->hashes[at] = hash;
    into->presence = (uint8_t)(into->presence | 1u << at) & 127;
}

static void take(struct bucket *from, unsigned at)
{
    from->presence = (uint8_t)(from->presence & ~(1u << at)) & 127;
}

static bool is_full(const struct bucket *bucket)
{
    return bucket->presence == (bucket->is_chained ? 63 : 127);
}

static void add(unsigned which, uint64_t *entry)
{
    uint64_t hash = hash_of(entry);
    struct bucket *bucket = &table.arrays[which][hash & (buckets_of(which) - 1)];
    while (is_full(bucket)) {
        if (!bucket->is_chained) { /* its last entry becomes the child's first */
            struct bucket *child = need(calloc(1, sizeof(*child)));
            place(child, 0, bucket->entries[PLACES - 1], bucket->hashes[PLACES - 1]);
            take(bucket, PLACES - 1);
            bucket->is_chained = 1;
            bucket->entries[PLACES - 1] = child;
            table.child_buckets[which]++;
        }
        bucket = child_of(bucket);
    }
    place(bucket, (unsigned)__builtin_ctz(~(unsigned)bucket->presence), entry,
          (uint8_t)(hash >> 56));
    table.used[which]++;
}

static void finish_rehash(void)
{
    free(table.arrays[0]);
    table.arrays[0] = table.arrays[1];
    table.used[0] = table.used[1];
    table.exponents[0] = table.exponents[1];
    table.child_buckets[0] = table.child_buckets[1];
    empty_array(1);
    table.rehash_index = -1;
}

static void move_bucket(void)
{
    if (!is_rehashing())
        return;
    struct bucket *top = &table.arrays[0][table.rehash_index];
    for (struct bucket *bucket = top, *next; bucket != NULL; bucket = next) {
        next = child_of(bucket);
        for (unsigned i = 0; i < PLACES; i++)
            if (bucket->presence >> i & 1) {
                add(1, bucket->entries[i]);
                table.used[0]--;
            }
        if (bucket == top) {
            bucket->presence = 0;
            bucket->is_chained = 0;
        } else {
            free(bucket);
            table.child_buckets[0]--;
        }
    }
    if ((size_t)++table.rehash_index == buckets_of(0))
        finish_rehash();
}

static void resize(uint64_t entries)
{
    uint64_t wanted = entries == 0 ? 1 : (entries * 5 - 1) / 32 + 1;
    int8_t exponent = 0;
    while (1ull << exponent < wanted)
        exponent++;
    if (is_rehashing() || exponent == table.exponents[0])
        return;
    table.exponents[1] = exponent;
    table.arrays[1] = need(calloc((size_t)1 << exponent, sizeof(struct bucket)));
    table.rehash_index = 0;
    if (table.arrays[0] == NULL)
        finish_rehash();
}

static size_t size(void)
{
    return table.used[0] + table.used[1];
}

static void insert(uint64_t i)
{
    keys[i] = i + 1;
    move_bucket();
    if (!is_rehashing() && size() + 1 > buckets_of(0) * PLACES)
        resize(size() + 1);
    add(is_rehashing() ? 1 : 0, &keys[i]);
}

/* The last entry of the chain fills the hole; an empty child, or one of a single entry, goes. */
static void fill_hole(unsigned which, struct bucket *hole, unsigned at)
{
    struct bucket *before = hole, *last = child_of(hole);
    for (struct bucket *next; (next = child_of(last)) != NULL; last = next)
        before = last;
    if (last->presence != 0) {
        unsigned from = (unsigned)__builtin_ctz(last->presence);
        place(hole, at, last->entries[from], last->hashes[from]);
        take(last, from);
    }
    if (__builtin_popcount(last->presence) > 1)
        return;
    before->is_chained = 0;
    if (last->presence != 0) {
        unsigned from = (unsigned)__builtin_ctz(last->presence);
        place(before, PLACES - 1, last->entries[from], last->hashes[from]);
    }
    free(last);
    table.child_buckets[which]--;
}

static bool erase_from(unsigned which, const uint64_t *entry)
{
    if (table.used[which] == 0)
        return false;
    struct bucket *bucket = &table.arrays[which][hash_of(entry) & (buckets_of(which) - 1)];
    for (; bucket != NULL; bucket = child_of(bucket))
        for (unsigned i = 0; i < PLACES; i++)
            if ((bucket->presence >> i & 1) != 0 && bucket->entries[i] == entry) {
                take(bucket, i);
                table.used[which]--;
                if (bucket->is_chained)
                    fill_hole(which, bucket, i);
                return true;
            }
    return false;
}

static void erase(uint64_t i)
{
    move_bucket();
    if (!erase_from(0, &keys[i]) && !erase_from(1, &keys[i]))
        abort();
    if (!is_rehashing() && table.pause_auto_shrink == 0 &&
        table.used[0] * 100 <= buckets_of(0) * PLACES * 13)
        resize(table.used[0]);
}

static void shrink(void)
{
    while (is_rehashing())
        move_bucket();
    resize(size());
    while (is_rehashing())
        move_bucket();
}

static void free_children(unsigned which)
{
    for (size_t i = 0; i < buckets_of(which); i++)
        for (struct bucket *child = child_of(&table.arrays[which][i]), *next; child != NULL;
             child = next) {
            next = child_of(child);
            free(child);
        }
}

static void release(void)
{
    for (unsigned which = 0; which < 2; which++) {
        free_children(which);
        free(table.arrays[which]);
        empty_array(which);
    }
    table.rehash_index = -1;
}

static struct faithful_state state(void)
{
    size_t buckets = buckets_of(0) + buckets_of(1);
    return (struct faithful_state){table.arrays[is_rehashing() ? 1 : 0], buckets * PLACES, size(),
                                   buckets * sizeof(struct bucket)};
}

int main(int argc, char **argv)
{
    static struct faithful_table valkey = {
        .implementation = "Valkey hashtable",
        .entries = 200000,
        .insert = insert,
        .erase = erase,
        .shrink = shrink,
        .release = release,
        .shrinks_by_itself = true,
        .state = state,
    };
    static const struct {
        void (*entry_key)(void), (*hash)(void);
    } type = {release, shrink}; /* of any functions */
    const char *scenario = argc > 1 ? argv[1] : "full", *kind = argc > 2 ? argv[2] : "rest";
    if (strcmp(kind, "moving") == 0)
        valkey.entries = 7 * 16384 + 1000;
    table.type = &type;
    table.pause_auto_shrink = strcmp(scenario, "capacity") == 0;
    empty_array(0);
    empty_array(1);
    table.rehash_index = -1;
    return faithful_main(&valkey, scenario);
}
