/*
 * A set of pointers to records, probed slot by slot: the program gives it functions that hash a
 * record and that compare two, and the set multiplies what comes back and takes the upper bits. No
 * hash is kept. Erasing moves the entries behind back.
 */
#include "scenario.h"

#define BITS  18
#define SLOTS (UINT64_C(1) << BITS)
#define MASK  (SLOTS - 1)

struct record {
    uint32_t device, generation;
    uint64_t inode;
    uint64_t value;
};

struct set {
    struct record **slots;
    uint64_t count;
    uint64_t (*hash)(const void *entry);
    bool (*is_same)(const void *a, const void *b);
};

static APART uint64_t hash_record(const void *entry)
{
    const struct record *record = entry;
    uint64_t hash = record->inode * 0x3c79ac49 + record->device;
    return hash << 13 ^ hash >> 5 ^ record->generation;
}

static bool is_same_record(const void *a, const void *b)
{
    const struct record *one = a, *other = b;
    return one->inode == other->inode && one->device == other->device &&
           one->generation == other->generation;
}

static uint64_t home_of(const struct set *set, const void *entry)
{
    uint64_t hash = set->hash(entry);
    hash = (hash ^ hash >> 32) * UINT64_C(0x8ebc6af09c88c6e3);
    return hash >> (64 - BITS);
}

static APART uint64_t place(const struct set *set, const struct record *record)
{
    uint64_t at = home_of(set, record);
    while (set->slots[at] != NULL && !set->is_same(set->slots[at], record))
        at = (at + 1) & MASK;
    return at;
}

static struct record record_of(uint64_t key)
{
    return (struct record){.device = (uint32_t)(key % 7), .generation = 1, .inode = key};
}

static void *create(void)
{
    struct set *set = must(calloc(1, sizeof(*set)));
    set->slots = must(calloc(SLOTS, sizeof(struct record *)));
    set->hash = hash_record;
    set->is_same = is_same_record;
    return set;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct set *set = table;
    struct record record = record_of(key);
    uint64_t at = place(set, &record);
    if (set->slots[at] == NULL) {
        set->slots[at] = must(malloc(sizeof(record)));
        *set->slots[at] = record;
        set->count++;
    }
    set->slots[at]->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct set *set = table;
    struct record record = record_of(key);
    struct record *found = set->slots[place(set, &record)];
    if (found != NULL)
        *value = found->value;
    return found != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct set *set = table;
    struct record record = record_of(key);
    uint64_t at = place(set, &record), next = at;
    if (set->slots[at] == NULL)
        return false;
    free(set->slots[at]);
    for (;;) {
        next = (next + 1) & MASK;
        if (set->slots[next] == NULL)
            break;
        uint64_t home = home_of(set, set->slots[next]);
        if (((next - home) & MASK) >= ((next - at) & MASK)) {
            set->slots[at] = set->slots[next];
            at = next;
        }
    }
    set->slots[at] = NULL;
    set->count--;
    return true;
}

static void destroy(void *table)
{
    struct set *set = table;
    for (uint64_t i = 0; i < SLOTS; i++)
        free(set->slots[i]);
    free(set->slots);
    free(set);
}

static struct shape shape(const void *table)
{
    const struct set *set = table;
    return (struct shape){.address = set->slots, .capacity = SLOTS, .live = set->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
