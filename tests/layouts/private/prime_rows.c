/*
 * Chains in an index of a prime number of slots, each about one and a half times a power of two;
 * the entries lie in an array that doubles. The table names both rooms, and a slot of the index and
 * a half would be as many as there is room for entries.
 */
#include "scenario.h"

#define NOTHING UINT32_MAX

struct slot {
    uint32_t entry, hash;
    int32_t next;
};

struct entry {
    uint64_t key, value;
    int is_used;
};

struct rows {
    size_t room, count, last;
    struct slot *slots;
    struct entry *entries;
    size_t capacity, cursor, live;
};

static const size_t primes[] = {97,    193,   389,   769,   1543,   3079,  6151,
                                12289, 24593, 49157, 98317, 196613, 393241};

static uint32_t hash(uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    return (uint32_t)(key >> 29);
}

static void allocate(struct rows *rows, size_t capacity)
{
    rows->slots = must(calloc(capacity, sizeof *rows->slots));
    for (size_t i = 0; i < capacity; i++)
        rows->slots[i] = (struct slot){.entry = NOTHING, .next = -1};
    rows->capacity = rows->cursor = capacity;
}

static void *create(void)
{
    struct rows *rows = must(calloc(1, sizeof *rows));
    allocate(rows, primes[0]);
    return rows;
}

static void place(struct rows *rows, uint32_t entry)
{
    uint32_t h = hash(rows->entries[entry].key);
    size_t i = h % rows->capacity;
    if (rows->slots[i].entry != NOTHING) {
        while (rows->slots[i].next >= 0)
            i = (size_t)rows->slots[i].next;
        size_t tail = i;
        do
            i = --rows->cursor;
        while (rows->slots[i].entry != NOTHING);
        rows->slots[tail].next = (int32_t)i;
    }
    rows->slots[i].entry = entry;
    rows->slots[i].hash = h;
}

static void grow(struct rows *rows)
{
    struct slot *old = rows->slots;
    size_t next = 0;
    while (primes[next] <= rows->capacity)
        next++;
    allocate(rows, primes[next]);
    for (uint32_t i = 0; i < rows->last; i++)
        if (rows->entries[i].is_used)
            place(rows, i);
    free(old);
}

static struct entry *look_up(const struct rows *rows, uint64_t key)
{
    uint32_t h = hash(key);
    for (long i = (long)(h % rows->capacity); i >= 0; i = rows->slots[i].next) {
        uint32_t entry = rows->slots[i].entry;
        if (entry == NOTHING)
            break;
        if (rows->slots[i].hash == h && rows->entries[entry].is_used &&
            rows->entries[entry].key == key)
            return &rows->entries[entry];
    }
    return NULL;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct rows *rows = table;
    struct entry *entry = look_up(rows, key);
    if (!entry) {
        if ((rows->count + 1) * 10 > rows->capacity * 9) {
            rows->count = rows->live;
            grow(rows);
        }
        if (rows->last == rows->room) {
            rows->room = rows->room ? 2 * rows->room : 8;
            rows->entries = must(realloc(rows->entries, rows->room * sizeof *rows->entries));
        }
        entry = &rows->entries[rows->last];
        *entry = (struct entry){.key = key, .is_used = 1};
        place(rows, (uint32_t)rows->last++);
        rows->count++;
        rows->live++;
    }
    entry->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct entry *entry = look_up(table, key);
    if (entry)
        *value = entry->value;
    return entry != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct rows *rows = table;
    struct entry *entry = look_up(rows, key);
    if (!entry)
        return false;
    entry->is_used = 0;
    rows->live--;
    return true;
}

static void destroy(void *table)
{
    struct rows *rows = table;
    free(rows->slots);
    free(rows->entries);
    free(rows);
}

static struct shape shape(const void *table)
{
    const struct rows *rows = table;
    return (struct shape){.address = rows->slots,
                          .others = {rows->entries},
                          .capacity = rows->capacity,
                          .live = rows->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .erase_leaves_bytes = true,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
